const http = require('node:http');
const os = require('node:os');

const server = http.createServer((request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(`${JSON.stringify({ host: os.hostname(), user: os.userInfo().username, path: request.url })}\n`);
});
server.listen(Number(process.env.PORT), () => console.log(`listening on ${process.env.PORT}`));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
