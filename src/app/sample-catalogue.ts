import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Catalogue } from '../embedded/kubelet/catalogue.ts';

const agents = {
  'glip-demo/clean-activity-data': 'clean-activity-data',
  'glip-demo/compute-emissions': 'compute-emissions',
  'glip-demo/write-report': 'write-report',
  'glip-demo/probe': 'testing/probe',
} as const;

/** The sample agents of this checkout, by image; what the embedded cluster runs when nobody gives it a catalogue. */
export function sampleCatalogue(): Catalogue {
  const entries = Object.entries(agents).map(([image, folder]) => {
    const main = fileURLToPath(new URL(`../../agents/${folder}/main.mjs`, import.meta.url));
    return [image, { command: [process.execPath, main] as const }, main] as const;
  });
  return Object.fromEntries(
    entries.filter(([, , main]) => existsSync(main)).map(([image, entry]) => [image, entry]),
  );
}
