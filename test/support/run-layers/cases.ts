/** One RUN step over the tree of make-old-tree.sh. */
export interface RunCase {
  readonly name: string;
  /** For `sh -ec` as root. */
  readonly script: string;
  /** Why the layer is not what BuildKit writes, where it is not; paths whose entries differ. */
  readonly differs?: { readonly paths: readonly string[]; readonly why: string };
}

const socketWhy = 'an archive has no sockets: BuildKit leaves the old file in the image, Firekiln deletes it';
const attributeWhy = 'BuildKit drops all attributes but security.capability, and takes no notice of their change';
const linkWhy = 'BuildKit stores a second copy of the data, Firekiln keeps the names linked';

export const runCases: readonly RunCase[] = [
  { name: 'nothing', script: 'true' },
  { name: 'only-reads', script: 'cat /old/a /old/dir/one; ls -R /old > /dev/null' },
  { name: 'new-file', script: 'echo new > /old/dir/new; chown 5:6 /old/dir/new' },
  { name: 'new-folders', script: 'mkdir -p /srv/a/b/c; echo x > /srv/a/b/c/d; mkdir -m 700 /srv/e' },
  { name: 'temporary-file', script: 'echo x > /old/dir/tmp; rm /old/dir/tmp; mkdir /tmp/t; rmdir /tmp/t' },
  { name: 'delete-file', script: 'rm /old/a /old/dir/sub/deep/leaf' },
  { name: 'delete-folder', script: 'rm -r /old/dir' },
  { name: 'delete-special', script: 'rm /old/fifo /old/char /old/block /old/link /old/dangling; rmdir /old/empty' },
  { name: 'delete-everything', script: 'rm -r /old' },
  { name: 'delete-and-recreate-file', script: 'rm /old/a; echo other > /old/a' },
  { name: 'recreate-file-as-it-was', script: 'rm /old/a; echo alpha > /old/a; touch -d @1500000000 /old/a' },
  { name: 'recreate-file-same-time-other-data', script: 'rm /old/a; echo ALPHA > /old/a; touch -d @1500000000 /old/a' },
  { name: 'opaque-folder', script: 'rm -r /old/dir; mkdir /old/dir; echo x > /old/dir/new' },
  { name: 'opaque-folder-empty', script: 'rm -r /old/dir; mkdir /old/dir' },
  {
    name: 'opaque-folder-same-file',
    script:
      'rm -r /old/dir; mkdir /old/dir; echo one > /old/dir/one; echo TWO > /old/dir/two; touch -d @1500000000 /old/dir/*',
  },
  {
    name: 'opaque-nested',
    script:
      'rm -r /old/dir; mkdir -p /old/dir/sub/deep /old/dir/more; echo x > /old/dir/sub/x; echo n > /old/dir/sub/deep/new; touch -d @1500000000 /old/dir/sub/x',
  },
  {
    name: 'opaque-kinds-change',
    script: 'rm -r /old/dir; mkdir /old/dir; echo f > /old/dir/sub; mkdir /old/dir/one; echo g > /old/dir/one/g',
  },
  {
    name: 'opaque-with-links-outside',
    script:
      'rm -r /old/dir; mkdir /old/dir; echo l > /old/dir/l1; ln /old/dir/l1 /old/dir/l2; ln /old/dir/l1 /old/outside; ln /old/dir/l1 /zz',
  },
  { name: 'opaque-then-deleted', script: 'rm -r /old/dir; mkdir /old/dir; echo x > /old/dir/x; rm -r /old/dir' },
  { name: 'opaque-renamed', script: 'mkdir /new; echo x > /new/x; rm -r /old/dir2; mv /new /old/dir2' },
  { name: 'chmod-same', script: 'chmod 644 /old/a; chmod 755 /old/dir; chown 0:0 /old/b; chown 1000:2000 /old/owned' },
  { name: 'chmod', script: 'chmod 600 /old/a; chmod 711 /old/dir; chmod 0 /old/dir/one; chmod u-s /old/suid' },
  {
    name: 'chown',
    script: 'chown 7:8 /old/a; chown -h 9:10 /old/link; chown 70000:80000 /old/dir2/p; chown 3 /old/dir',
  },
  { name: 'open-for-writing', script: ': >> /old/a; : >> /old/dir/sub/x' },
  { name: 'append', script: 'echo more >> /old/a; echo more >> /old/dir/sub/deep/leaf' },
  { name: 'truncate', script: ': > /old/a; truncate -s 3 /old/b' },
  {
    name: 'write-in-place-keeping-time',
    script: 'printf A | dd of=/old/a conv=notrunc status=none; touch -d @1500000000 /old/a',
  },
  { name: 'touch', script: 'touch -d @1000000000 /old/a /old/fifo; touch -h -d @1000000001 /old/link' },
  { name: 'touch-same', script: 'touch -d @1500000000 /old/a /old/zero /old/fifo; touch -h -d @1500000000 /old/link' },
  { name: 'touch-folder', script: 'touch -d @1000000000 /old/dir; touch -d @1000000000 /old/empty' },
  { name: 'touch-folder-and-change-in-it', script: 'echo x > /old/dir/x; touch -d @1000000000 /old/dir' },
  {
    name: 'before-1970',
    script: 'touch -d "1960-01-01 00:00:00" /old/a; touch -d "2200-01-01 00:00:00" /old/b; touch -d @0 /old/zero',
  },
  { name: 'move-file', script: 'mv /old/a /old/moved; mv /old/dir/one /old/dir2/p' },
  { name: 'move-folder', script: 'mv /old/dir /old/elsewhere' },
  { name: 'move-folder-away-and-back', script: 'mv /old/dir2 /old/x; mv /old/x /old/dir2' },
  { name: 'move-new-folder', script: 'mkdir /old/n1; echo x > /old/n1/x; mv /old/n1 /old/n2; mv /old/n2 /old/empty/' },
  { name: 'copy-keeping-all', script: 'cp -a /old/dir /old/copy; cp -a /old/owned /old/suid /' },
  { name: 'folder-to-file', script: 'rm -r /old/dir; echo f > /old/dir' },
  { name: 'file-to-folder', script: 'rm /old/a; mkdir /old/a; echo x > /old/a/x' },
  {
    name: 'folder-to-link',
    script: 'rm -r /old/dir; ln -s dir2 /old/dir; rm /old/linkdir; mkdir /old/linkdir; echo y > /old/linkdir/p',
  },
  {
    name: 'file-to-fifo-and-devices',
    script: 'rm /old/a /old/b /old/fifo; mkfifo /old/a; mknod /old/b c 1 3; mknod /old/fifo b 8 17',
  },
  { name: 'link-retarget', script: 'ln -sfn dir2 /old/linkdir; ln -sf b /old/link' },
  { name: 'write-through-links', script: 'echo w > /old/linkdir/w; echo more >> /old/link' },
  {
    name: 'new-hard-links',
    script: 'echo x > /l1; ln /l1 /l2; ln /l1 /old/dir/l3; ln -s t /s1; ln /s1 /s2; mkfifo /p1; ln /p1 /p2',
  },
  { name: 'hard-link-to-old', script: 'ln /old/a /old/a2', differs: { paths: ['old/a', 'old/a2'], why: linkWhy } },
  {
    name: 'hard-link-to-old-before-it',
    script: 'ln /old/b /0; ln /old/b /old/dir/bb',
    differs: { paths: ['0', 'old/b', 'old/dir/bb'], why: linkWhy },
  },
  { name: 'hard-link-to-old-and-change', script: 'ln /old/a /old/a2; echo more >> /old/a2' },
  { name: 'old-hard-link-changed', script: 'echo more >> /old/h1' },
  { name: 'old-hard-link-chmod-same', script: 'chmod 644 /old/h1; chmod 644 /old/h2' },
  { name: 'old-hard-link-one-name-removed', script: 'rm /old/h1' },
  { name: 'old-hard-link-chmod', script: 'chmod 600 /old/h2' },
  {
    name: 'special-bits',
    script: 'touch /su; chmod 6755 /su; mkdir -m 3777 /sg; touch /nx; chmod 0 /nx; mknod -m 622 /p p',
  },
  { name: 'devices', script: 'mknod /c c 5 1; mknod /b b 7 300; mknod /big c 300 70000; mknod /huge b 4095 1048575' },
  {
    name: 'sockets',
    script:
      'cd /; cpio -i -d < /old/socket.cpio; ls -l /sock; rm /old/b; mkdir /t; cd /t; cpio -i -d < /old/socket.cpio; mv /t/sock /old/b; rmdir /t',
    differs: { paths: ['old', 'old/b'], why: socketWhy },
  },
  {
    name: 'capability-set',
    script: 'cp /old/a /cap; setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 /cap',
  },
  { name: 'capability-removed', script: 'setfattr -x security.capability /old/capable' },
  {
    name: 'capability-kept',
    script:
      'chmod 750 /old/capable; setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 /old/capable',
  },
  {
    name: 'attribute-on-new',
    script:
      'echo x > /n; setfattr -n user.a -v 1 /n; setfattr -n user.big -v "$(head -c 900 /dev/zero | tr "\\0" b)" /n',
    differs: { paths: ['n'], why: attributeWhy },
  },
  {
    name: 'attribute-on-old',
    script: 'setfattr -n user.a -v 1 /old/a; setfattr -x user.note /old/attr; setfattr -n user.d -v 2 /old/dir',
    differs: { paths: ['old', 'old/a', 'old/attr', 'old/dir'], why: attributeWhy },
  },
  { name: 'attribute-same', script: 'setfattr -n user.note -v kept /old/attr; chmod 644 /old/attr' },
  {
    name: 'sparse',
    script: 'truncate -s 20000000 /sparse; printf x | dd of=/sparse bs=1 seek=10000000 conv=notrunc status=none',
  },
  {
    name: 'sparse-old',
    script: 'chmod 600 /old/data/sparse; printf y | dd of=/old/data/flat bs=1 seek=250000 conv=notrunc status=none',
  },
  {
    name: 'preallocated',
    script: 'fallocate -l 3000000 /pre; printf z | dd of=/pre bs=1 seek=1000000 conv=notrunc status=none',
  },
  {
    name: 'odd-names',
    script:
      'cd /; mkdir odd; cd odd; touch " " "a b" "a\nb" "tab\tx" "back\\\\slash" ./-dash "quote\'\\"" "$(printf "\\377\\376")" .hidden ..two; touch "$(head -c 255 /dev/zero | tr "\\0" n)"; rm "/old/n$(printf "\\377\\376")x"',
  },
  { name: 'names-in-order', script: 'mkdir /o; cd /o; mkdir a a.b a-b ab; touch a/x a.b/x a-b/x ab/x a/.x a0' },
  {
    name: 'many-files',
    script: 'mkdir /m; for i in $(seq 1 400); do echo $i > /m/a-file-with-a-rather-long-name-$i; done; rm /m/*7',
  },
  { name: 'many-deleted', script: 'rm /old/many/*5 /old/many/*1' },
  { name: 'deep', script: 'p=/d; for i in $(seq 1 60); do p=$p/level-$i; done; mkdir -p $p; echo x > $p/leaf' },
  { name: 'edit-in-place', script: 'sed -i s/www/web/ /etc/passwd; echo www:x:33: >> /etc/group' },
  { name: 'rename-over', script: 'echo n > /old/n; mv /old/n /old/a; cp /old/b /old/c; mv /old/c /old/dir/one' },
  { name: 'swap-names', script: 'mv /old/a /old/t; mv /old/b /old/a; mv /old/t /old/b' },
  {
    name: 'deleted-then-folder-of-same-name',
    script: 'rm /old/dir/one; mkdir /old/dir/one; touch /old/dir/one/two; rm -r /old/dir/one',
  },
  {
    name: 'data',
    script: 'mkdir /data; for i in 1 60 61 4095 4096 4097 70000; do head -c $i /old/data/flat > /data/$i; done',
  },
  {
    name: 'long-links',
    script: 'for i in 1 59 60 61 255 1000 4000; do ln -s "$(head -c $i /dev/zero | tr "\\0" l)" /link-$i; done',
  },
  {
    name: 'root-mode',
    script: 'chmod 711 /',
    differs: { paths: [''], why: 'BuildKit leaves the root folder out of layers' },
  },
];
