/** The page of documentation: it needs no script but to be kept for reading without a network. */

import { registerOffline } from "./registration.ts";

registerOffline();
