import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseOutputSpec } from '../../../src/build/output-spec.ts';
import { parseSecretSpec, parseSshSpec, readSecret } from '../../../src/build/secret-spec.ts';

describe('--output', () => {
  it.each([
    ['out', { type: 'dir', dest: 'out' }],
    ['-', { type: 'tar', dest: '-' }],
    ['type=local,dest=out', { type: 'dir', dest: 'out' }],
    ['type=tar', { type: 'tar', dest: '-' }],
    ['type=oci,dest=a.tar', { type: 'oci', dest: 'a.tar' }],
    ['type=ext4,dest=root.ext4,size=2GiB,free=1m', { type: 'ext4', dest: 'root.ext4', size: 2 ** 31, free: 2 ** 20 }],
    ['type=firecracker,dest=vm,free=1m', { type: 'firecracker', dest: 'vm', free: 2 ** 20 }],
    ['"type=dir","dest=with,comma"', { type: 'dir', dest: 'with,comma' }],
  ])('reads %s', (text, spec) => expect(parseOutputSpec(text)).toEqual(spec));

  it.each([
    ['type=ext3,dest=x', /ext3 is none of/],
    ['dest=x', /no type=/],
    ['type=ext4', /no dest=/],
    ['type=dir,dest=-', /standard output/],
    ['type=tar,dest=x,size=1g', /type=ext4/],
    ['type=firecracker,dest=x,size=1g', /type=ext4/],
    ['type=firecracker,dest=-', /standard output/],
    ['type=ext4,dest=x,size=huge', /no size/],
    ['type=tar,destination=x', /destination=x/],
  ])('refuses %s', (text, message) => {
    expect(() => parseOutputSpec(text)).toThrow(message);
  });
});

describe('--secret and --ssh', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firekiln-secrets-'));
    await writeFile(join(folder, 'token'), 'from a file');
  });
  afterAll(async () => await rm(folder, { recursive: true }));
  const read = async (text: string, env: NodeJS.ProcessEnv = {}) =>
    Buffer.from(await readSecret(parseSecretSpec(text), { cwd: folder, env })).toString();

  it('takes a file, an environment variable, or what has the name of the id', async () => {
    expect(await read('id=a,src=token')).toBe('from a file');
    expect(await read('id=a,env=TOKEN', { TOKEN: 'from the environment' })).toBe('from the environment');
    expect(await read('id=TOKEN', { TOKEN: 'x' })).toBe('x');
    expect(await read('id=token')).toBe('from a file');
    expect(await read('type=env,id=a,src=TOKEN', { TOKEN: 'y' })).toBe('y');
  });

  it('says where it looked', async () => {
    await expect(read('id=a,src=nowhere')).rejects.toMatchObject({
      code: 'SECRET_MISSING',
      message: expect.stringContaining('nowhere'),
    });
    for (const path of ['token/below', '.']) {
      await expect(read(`id=a,src=${path}`)).rejects.toMatchObject({ code: 'SECRET_MISSING' });
    }
    await expect(read('id=a,src=/dev/zero')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await expect(read('id=a,env=NOPE')).rejects.toMatchObject({ message: expect.stringContaining('NOPE') });
  });

  it.each(['src=token', 'id=', 'id=a,path=token', 'id=a,type=vault'])('refuses %s', (text) => {
    expect(() => parseSecretSpec(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });

  it('reads --ssh', () => {
    expect(['default', 'git=/tmp/agent', 'x=a,b'].map(parseSshSpec)).toEqual([
      { id: 'default', paths: [] },
      { id: 'git', paths: ['/tmp/agent'] },
      { id: 'x', paths: ['a', 'b'] },
    ]);
  });
});
