/** Run as a process of its own: starts a cluster with one pod, prints the pid of its program, and waits to be killed. */
import { createEmbeddedCluster } from '../../../src/embedded/cluster.ts';

const [workDirectory = ''] = process.argv.slice(2);
const program = 'console.log(process.pid); process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)';
const cluster = createEmbeddedCluster({
  catalogue: { agent: { command: [process.execPath, '-e', program] } },
  workDirectory,
  delays: 'none',
});
const { server, token } = await cluster.start();
const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
const pods = `${server}/api/v1/namespaces/default/pods`;
const body = {
  metadata: { name: 'p' },
  spec: { restartPolicy: 'Never', containers: [{ name: 'agent', image: 'agent' }] },
};
for (;;) {
  const { status } = await fetch(pods, { method: 'POST', headers, body: JSON.stringify(body) });
  if (status === 201 || status === 409) break;
}
for (;;) {
  const log = await fetch(`${pods}/p/log`, { headers });
  const text = log.ok ? (await log.text()).trim() : '';
  if (text !== '') {
    process.stdout.write(`${text}\n`);
    break;
  }
}
setInterval(() => undefined, 1000);
