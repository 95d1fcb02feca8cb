import { randomBytes, randomInt } from 'node:crypto';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';

const qualities =
  'able airy amber bold brave brisk calm clear clever cosy crisp daring deft eager early easy fair fast fine firm fond frank fresh gentle glad golden good grand happy hardy honest jolly keen kind lively loyal lucky mellow merry mild modest neat noble plain polite proud quick quiet rapid ready round sharp shiny silent simple sleek smart snug solid steady sunny swift tidy trusty vivid warm wise witty young'.split(
    ' ',
  );
const things =
  'anvil ash badger beacon beech birch bison brick brook cedar clay cliff clover comet coral crane creek crow delta dune eagle elm ember falcon fern finch fjord flint forge fox glade grove gull harbor hare hawk hazel heath heron hill ivy jay kestrel kiln lake larch lark lynx maple marten meadow mesa moor moss oak orchid osprey otter owl pine pond poplar quartz raven reed ridge robin rowan sage seal slate sparrow spruce stone stork swan thistle tile tulip vale willow wren yew'.split(
    ' ',
  );

const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/;

export function newVmId(): string {
  return randomBytes(6).toString('hex');
}

/** A name that none of `taken` is. */
export function newVmName(taken: ReadonlySet<string>): string {
  for (let attempt = 0; attempt < 20; attempt++) {
    const name = `${qualities[randomInt(qualities.length)]}_${things[randomInt(things.length)]}`;
    if (!taken.has(name)) return name;
  }
  return `vm_${newVmId()}`;
}

/** Throws VM_NAME_INVALID. */
export function checkVmName(name: string): string {
  if (namePattern.test(name)) return name;
  throw new FirekilnError('VM_NAME_INVALID', `--name ${JSON.stringify(name)} is no name for a VM`, {
    hint: 'A name is 1 to 63 letters, digits, "_", "." and "-", and begins with a letter or digit.',
  });
}

/** hostname(7): labels of letters, digits and "-", joined by dots; at most 64 bytes. Throws VM_NAME_INVALID. */
export function checkHostname(name: string): string {
  const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
  if (name.length <= 64 && new RegExp(`^${label}(?:\\.${label})*$`).test(name)) return name;
  throw new FirekilnError('VM_NAME_INVALID', `--hostname ${JSON.stringify(name)} is no host name`, {
    hint: 'A host name is letters, digits and "-", with dots between its parts, 64 characters at most.',
  });
}
