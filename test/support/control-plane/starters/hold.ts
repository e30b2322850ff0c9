// Starts a control plane, says so, and then does nothing: for tests that kill it.
import { startControlPlane } from '../start.ts';

const { pids, directory } = await startControlPlane({ nodes: [] });
console.log(JSON.stringify({ pids: Object.values(pids()), directory }));
setInterval(() => {}, 60_000);
