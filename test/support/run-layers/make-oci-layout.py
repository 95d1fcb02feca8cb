"""Makes an OCI layout of one image from uncompressed layer tars: usage: python3 make-oci-layout.py FOLDER LAYER.tar..."""
import hashlib
import json
import os
import sys

out = sys.argv[1]
os.makedirs(out + '/blobs/sha256', exist_ok=True)


def blob(data, media):
    digest = hashlib.sha256(data).hexdigest()
    with open(f'{out}/blobs/sha256/{digest}', 'wb') as file:
        file.write(data)
    return {'mediaType': f'application/vnd.oci.image.{media}', 'digest': 'sha256:' + digest, 'size': len(data)}


layers = [blob(open(path, 'rb').read(), 'layer.v1.tar') for path in sys.argv[2:]]
config = {
    'architecture': 'amd64', 'os': 'linux', 'config': {'Env': ['PATH=/usr/bin:/bin']},
    'rootfs': {'type': 'layers', 'diff_ids': [layer['digest'] for layer in layers]},
    'history': [{'created': '2017-07-14T02:40:00Z', 'created_by': 'base'} for _ in layers],
}
manifest = {
    'schemaVersion': 2, 'mediaType': 'application/vnd.oci.image.manifest.v1+json',
    'config': blob(json.dumps(config).encode(), 'config.v1+json'), 'layers': layers,
}
entry = dict(blob(json.dumps(manifest).encode(), 'manifest.v1+json'))
entry['annotations'] = {'org.opencontainers.image.ref.name': 'latest'}
with open(out + '/index.json', 'w') as file:
    json.dump({'schemaVersion': 2, 'manifests': [entry]}, file)
with open(out + '/oci-layout', 'w') as file:
    file.write('{"imageLayoutVersion":"1.0.0"}')
print(entry['digest'])
