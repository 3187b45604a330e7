/**
 * Permissions of the process, asked about without a prompt.
 *
 * @module
 */

/** Whether a permission is granted. */
export const isGranted = (permission: Deno.PermissionDescriptor): boolean =>
  Deno.permissions.querySync(permission).state === "granted";

/** Whether a file or folder may be read. */
export const isReadable = (path: string | URL): boolean => isGranted({ name: "read", path });
