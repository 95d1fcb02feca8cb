"""What the entries of a layer tar say, as JSON: usage: python3 tar-facts.py LAYER.tar

Paths and names are bytes as Latin-1. Names of one inode count as links of the first of them in tree order. Times are
given in whole seconds, and only where the step set them (before September 2020).
"""
import hashlib
import json
import sys
import tarfile

kinds = {b'5': 'directory', b'2': 'symlink', b'3': 'character', b'4': 'block', b'6': 'fifo', b'0': 'file', b'\0': 'file'}
entries = {}
links = {}
with tarfile.open(sys.argv[1], encoding='latin-1', errors='strict') as tar:
    for member in tar:
        path = member.name.strip('/')
        path = '' if path == '.' else path
        folder, _, name = path.rpartition('/')
        if name == '.wh..wh..opq':
            entries[path] = {'path': path, 'type': 'opaque'}
            continue
        if name.startswith('.wh.'):
            hidden = (folder + '/' if folder else '') + name[4:]
            entries[hidden] = {'path': hidden, 'type': 'whiteout'}
            continue
        if member.type == b'1':
            links.setdefault(member.linkname.strip('/'), []).append(path)
            continue
        fact = {'path': path, 'type': kinds[member.type], 'mode': member.mode, 'uid': member.uid, 'gid': member.gid}
        if member.type in (b'0', b'\0'):
            fact['size'] = member.size
            fact['sha256'] = hashlib.sha256(tar.extractfile(member).read()).hexdigest()
        if member.type == b'2':
            fact['target'] = member.linkname
        if member.type in (b'3', b'4'):
            fact['device'] = f'{member.devmajor}:{member.devminor}'
        prefix = 'SCHILY.xattr.'
        attributes = {k[len(prefix):]: v for k, v in member.pax_headers.items() if k.startswith(prefix)}
        if attributes:
            fact['xattrs'] = {k: v.encode('utf-8', 'surrogateescape').hex() for k, v in sorted(attributes.items())}
        if member.mtime < 1.6e9:
            fact['mtime'] = int(member.mtime // 1)
        entries[path] = fact

order = lambda path: path.replace('/', '\0')
for source, names in links.items():
    group = sorted([source, *names], key=order)
    fact = entries[source]
    for path in group:
        entries[path] = dict(fact, path=path, **({} if path == group[0] else {'link': group[0]}))
print(json.dumps([entries[path] for path in sorted(entries, key=order)]))
