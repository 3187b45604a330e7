/** The documentation page: its script makes it available offline, and rejects files dropped on it. */

import { refuseDrops } from "./drop.ts";
import { registerOffline } from "./registration.ts";

registerOffline();
refuseDrops();
