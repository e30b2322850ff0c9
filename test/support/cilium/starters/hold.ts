// Makes a node under Cilium, says so, and then does nothing: for tests that kill it.
import { startNode } from '../../node/start.ts';
import { createCilium } from '../network.ts';

const cilium = createCilium({});
await startNode({ network: cilium.network });
console.log(JSON.stringify(cilium.machine().layout));
setInterval(() => {}, 60_000);
