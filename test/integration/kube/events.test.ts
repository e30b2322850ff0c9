import { describe, expect, test } from 'vitest';
import { createKubeClient } from '../../../src/kube/client.ts';
import { json, list, page, thing } from '../../support/misbehaving-server/behaviours.ts';
import type { Behaviour } from '../../support/misbehaving-server/server.ts';
import { aServer, aTransport } from './harness.ts';

const mebibyte = 2 ** 20;

async function aClient(behaviour: Behaviour) {
  const server = await aServer();
  server.always('list', behaviour);
  return { server, kube: createKubeClient({ transport: aTransport(server) }) };
}

/** A list that never ends, of Events of that size; tells how much of it was taken. */
function endless(bytesEach: number) {
  const sent = { bytes: 0, left: Promise.resolve() };
  const behaviour: Behaviour = async (_, response) => {
    const left = new Promise<void>((resolve) => response.once('close', resolve));
    sent.left = left;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"kind":"EventList","metadata":{"resourceVersion":"1"},"items":[');
    for (let i = 0; !response.destroyed; i += 1) {
      const event = JSON.stringify({ ...thing(`e-${i}`, i), message: 'm'.repeat(bytesEach) });
      sent.bytes += event.length;
      const goesOn = response.write(i === 0 ? event : `,${event}`);
      if (!goesOn) await Promise.race([left, new Promise((resolve) => response.once('drain', resolve))]);
    }
  };
  return { behaviour, sent };
}

describe('the Events of an object', () => {
  test('are asked for by its uid, and read without what the API server notes for itself', async () => {
    const { server, kube } = await aClient(list([thing('a', 1), thing('b', 2)]));
    expect(await kube.listEvents('ns', 'u-1')).toEqual([thing('a', 1), thing('b', 2)]);
    expect(server.requests[0]).toMatchObject({
      method: 'GET',
      path: '/api/v1/namespaces/ns/events',
      query: { fieldSelector: 'involvedObject.uid=u-1', limit: '500' },
    });
  });

  test('are read as far as 2 MiB go, and the rest is left', async () => {
    const { behaviour, sent } = endless(100_000);
    const { kube } = await aClient(behaviour);
    const events = await kube.listEvents('ns', 'u');
    expect(events.map(({ metadata }) => metadata.name)).toEqual(events.map((_, i) => `e-${i}`));
    expect(events.length).toBeGreaterThan(15);
    expect(events.length).toBeLessThanOrEqual(20);
    await sent.left;
    // What the sockets on the way had taken by then comes on top.
    expect(sent.bytes).toBeLessThan(64 * mebibyte);
  });

  test('of which not even one fits are refused', async () => {
    const { kube } = await aClient(endless(4 * mebibyte).behaviour);
    await expect(kube.listEvents('ns', 'u')).rejects.toMatchObject({ kind: 'too-large' });
  });

  test.each<[what: string, behaviour: Behaviour]>([
    ['a page of a proxy', page(200, '<html>')],
    ['an object that is no list', json({ metadata: { name: 'a', uid: 'u' } })],
    ['a list of what is no object', json({ metadata: { resourceVersion: '1' }, items: [7] })],
  ])('are not what comes as %s', async (_, behaviour) => {
    const { kube } = await aClient(behaviour);
    await expect(kube.listEvents('ns', 'u')).rejects.toMatchObject({ kind: 'protocol' });
  });
});
