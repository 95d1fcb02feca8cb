/**
 * Stands for Firecracker: `recording-vmm.ts LOG ENDS-AT --id ID --api-sock PATH ...`. Takes every request, writes what asks
 * it to end into LOG, a word a line, and ends at the one that is named; SIGKILL ends it as any program.
 */
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [log = '', endsAt = '', ...args] = process.argv.slice(2);

function asked(word: string): void {
  appendFileSync(log, `${word}\n`);
  if (word === endsAt) process.exit(0);
}

process.on('SIGTERM', () => asked('SIGTERM'));
createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    if (request.url === '/version') {
      response.end('{"firecracker_version":"1.12.1"}');
      return;
    }
    response.writeHead(204).end();
    if (body.includes('SendCtrlAltDel')) response.once('finish', () => asked('SendCtrlAltDel'));
  });
}).listen(args[args.indexOf('--api-sock') + 1]);
