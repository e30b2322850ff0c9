import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { describeClient } from '../suite.ts';
import { ensurePython, generatePython, installWithinMs } from '../support/python-client.ts';
import { lacks, python } from '../support/requirement.ts';

let stubs: string | undefined;
afterAll(async () => {
  if (stubs !== undefined) await rm(stubs, { recursive: true, force: true });
});

describeClient({
  name: 'Python, with grpcio',
  skip: lacks('the Python client', [python]),
  prepareWithinMs: installWithinMs,
  prepare: async () => {
    const interpreter = await ensurePython();
    stubs = await mkdtemp(join(tmpdir(), 'glip-python-client-'));
    await generatePython(interpreter, stubs);
    return {
      command: [interpreter, join(import.meta.dirname, 'main.py')],
      env: { PYTHONPATH: stubs, PYTHONDONTWRITEBYTECODE: '1' },
    };
  },
});
