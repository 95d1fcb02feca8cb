/** As libcni checks container ids and the names of networks: file names are made of them. */
export function isCniName(text: string): boolean {
  return /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(text);
}

/** What Linux takes as the name of a network interface. */
export function isInterfaceName(text: string): boolean {
  return /^[^\s/:]{1,15}$/u.test(text) && Buffer.byteLength(text) <= 15 && text !== '.' && text !== '..';
}
