/** The documentation page: its only script makes it available offline. */

import { registerOffline } from "./registration.ts";

registerOffline();
