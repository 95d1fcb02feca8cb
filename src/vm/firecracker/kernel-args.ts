/**
 * Kernel words of guests in Firecracker: it ends when the guest resets through the keyboard controller. Without the
 * `i8042` words a kernel spends half a second on looking for a mouse.
 */
export const firecrackerKernelArgs: readonly string[] = [
  'console=ttyS0',
  'panic=-1',
  'reboot=k',
  'quiet',
  'pci=off',
  'i8042.noaux',
  'i8042.nomux',
  'i8042.dumbkbd',
];
