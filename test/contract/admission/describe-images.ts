import { describe, expect, test } from 'vitest';
import { DisruptionPolicy } from '../../../gen/glip/executor/v1/options_pb.js';
import { refusal } from '../../support/client.ts';
import { stateName } from '../../support/states.ts';
import { must } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';
import { waitsFor } from '../suite/waits.ts';
import { denial } from './denial.ts';
import { aJob, aPod, container, digest } from './objects.ts';
import { type Setting, sources } from './setting.ts';
import { stepsOf } from './steps.ts';

const foreign = (image: string): string =>
  `the image "${image}" is from none of the sources of this tenant: ${sources.replaceAll(' ', ', ')}`;
const loose = (image: string): string =>
  `the image "${image}" must be named in full and pinned by its digest, such as registry.example/team/agent@sha256:...`;

/** What is refused, and why. */
const refused: readonly (readonly [why: string, image: string, says: (image: string) => string])[] = [
  ['another repository beside an exact one', `ghcr.io/greenlang/agents/ingest-evil:1@${digest}`, foreign],
  ['below an exact one', `ghcr.io/greenlang/agents/ingest/evil@${digest}`, foreign],
  ['above an exact one', `ghcr.io/greenlang/agents@${digest}`, foreign],
  ['a prefix that only begins alike', `ghcr.io/greenlang/tools-evil/x@${digest}`, foreign],
  ['the prefix itself', `ghcr.io/greenlang/tools@${digest}`, foreign],
  ['an owner whose name begins alike', `ghcr.io/greenlangevil/x@${digest}`, foreign],
  ['a registry whose name ends alike', `evil.ghcr.io/greenlang/tools/x@${digest}`, foreign],
  ['a registry that has the source in its path', `evil.example/ghcr.io/greenlang/tools/x@${digest}`, foreign],
  ['another port', `localhost:5001/own/x@${digest}`, foreign],
  ['no port', `localhost/own/x@${digest}`, foreign],
  ['a port behind an exact source', `registry.example:443/probe@${digest}`, foreign],
  ['a tag alone', 'registry.example/probe:1.0.0', loose],
  ['neither tag nor digest', 'registry.example/probe', loose],
  ['a digest that is cut', `registry.example/probe@${digest.slice(0, -1)}`, loose],
  ['a digest that is too long', `registry.example/probe@${digest}0`, loose],
  ['a digest in upper case', `registry.example/probe@sha256:${'A'.repeat(64)}`, loose],
  ['another hash', `registry.example/probe@md5:${'0'.repeat(64)}`, loose],
  ['two digests', `registry.example/probe@${digest}@${digest}`, loose],
  ['upper case in the path', `registry.example/Probe@${digest}`, loose],
  ['upper case in the registry', `GHCR.io/greenlang/tools/x@${digest}`, loose],
  ['no registry', `busybox@${digest}`, loose],
  ['no registry but a path', `library/busybox@${digest}`, loose],
  ['a way up', `ghcr.io/greenlang/tools/../evil@${digest}`, loose],
  ['a way up in disguise', `ghcr.io/greenlang/tools/%2e%2e/evil@${digest}`, loose],
  ['a path with nothing between two slashes', `ghcr.io/greenlang/tools//evil@${digest}`, loose],
  ['white space within', `ghcr.io/greenlang/tools/x @${digest}`, loose],
  ['a query', `ghcr.io/greenlang/tools/x?y@${digest}`, loose],
  ['a scheme', `https://ghcr.io/greenlang/tools/x@${digest}`, loose],
  // A message of one line only: the API server takes the plain one then.
  [
    'a line break',
    `ghcr.io/greenlang/tools/x\n@${digest}`,
    () => 'an image is not named in full and pinned by its digest',
  ],
];

const taken: readonly (readonly [why: string, image: string])[] = [
  ['an exact source', `ghcr.io/greenlang/agents/ingest@${digest}`],
  ['with a tag beside the digest', `ghcr.io/greenlang/agents/ingest:1.2.3@${digest}`],
  ['below a prefix', `ghcr.io/greenlang/tools/x@${digest}`],
  ['further below a prefix', `ghcr.io/greenlang/tools/a/b_c/d-e.f:V1@${digest}`],
  ['a registry with a port', `localhost:5000/own/x:1@${digest}`],
];

/** The policy glip-images. */
export function describeImages(use: () => Setting): void {
  const { step, running } = stepsOf(use);

  describe('images', () => {
    const dryRun = (kind: 'pods' | 'jobs', object: object, namespace = use().namespace) => {
      const group = kind === 'pods' ? '/api/v1' : '/apis/batch/v1';
      return use().as('jo')('POST', `${group}/namespaces/${namespace}/${kind}?dryRun=All`, object);
    };

    test.each(refused)('refused: %s', async (_, image, says) => {
      expect(denial(await dryRun('pods', aPod(image)))).toBe(says(image));
      expect(denial(await dryRun('jobs', aJob(image)))).toBe(says(image));
    });

    test.each(taken)('taken: %s', async (_, image) => {
      expect(await dryRun('pods', aPod(image))).toMatchObject({ status: 201 });
      expect(await dryRun('jobs', aJob(image))).toMatchObject({ status: 201 });
    });

    test('every container of a pod is looked at, and volumes that are images', async () => {
      const { image, cluster } = use();
      const evil = `evil.example/x@${digest}`;
      const initContainers = [container('first', image), container('second', evil)];
      expect(denial(await dryRun('pods', aPod(image, {}, { initContainers })))).toBe(foreign(evil));
      const containers = [container('main', image), container('other', evil)];
      expect(denial(await dryRun('pods', aPod(image, {}, { containers })))).toBe(foreign(evil));
      const volumes = [{ name: 'data', image: { reference: evil } }];
      const answer = await dryRun('pods', aPod(image, {}, { volumes }));
      // Kubernetes 1.30 does not know such volumes, and leaves the image out.
      const { minor } = await must(cluster, 'GET', '/version');
      expect(denial(answer)).toContain(Number(minor) >= 37 ? foreign(evil) : '201 ');
      const allowed = [{ name: 'data', image: { reference: image } }];
      expect((await dryRun('pods', aPod(image, {}, { volumes: allowed }))).status).toBe(201);
    });

    test('a pod gets no other image later, neither by an edit nor by a container for debugging', async () => {
      const { image, namespace, cluster, as } = use();
      const path = `/api/v1/namespaces/${namespace}/pods`;
      const evil = `evil.example/x@${digest}`;
      const annotations = { 'test.glip.dev/hang': 'true' };
      await must(cluster, 'POST', path, aPod(image, { name: 'edited', annotations }));
      const edit = (to: string) =>
        as('jo')(
          'PATCH',
          `${path}/edited`,
          { spec: { containers: [{ name: 'main', image: to }] } },
          { contentType: 'application/strategic-merge-patch+json' },
        );
      expect(denial(await edit(evil))).toBe(foreign(evil));
      expect((await edit(`ghcr.io/greenlang/tools/x@${digest}`)).status).toBe(200);
      const debug = (to: string) =>
        cluster.request(
          'PATCH',
          `${path}/edited/ephemeralcontainers`,
          {
            spec: { ephemeralContainers: [{ ...container('debugger', to), resources: undefined }] },
          },
          { contentType: 'application/strategic-merge-patch+json' },
        );
      expect(denial(await debug(evil))).toBe(foreign(evil));
      expect((await debug(image)).status).toBe(200);
      await must(cluster, 'DELETE', `${path}/edited`);
    });

    test('what makes pods in other ways is bounded, too', async () => {
      const { namespace, as } = use();
      const evil = `evil.example/x@${digest}`;
      const path = `/apis/apps/v1/namespaces/${namespace}/replicasets`;
      const labels = { app: 'evil' };
      const template = { metadata: { labels }, spec: { containers: aPod(evil).spec.containers } };
      const made = await as('jo')('POST', path, {
        metadata: { name: 'evil' },
        spec: { selector: { matchLabels: labels }, template },
      });
      expect(made.status).toBe(201);
      await until('its pods are refused', async () => {
        const { body } = await as('jo')('GET', `${path}/evil`);
        const failure = body.status.conditions?.find(
          ({ type }: { type: string }) => type === 'ReplicaFailure',
        );
        return failure?.message.includes(foreign(evil));
      });
      await as('jo')('DELETE', `${path}/evil`);
    });

    test('without sources, and in namespaces of others, any image is taken', async () => {
      const { unbounded, cluster } = use();
      expect((await dryRun('pods', aPod('busybox'), unbounded)).status).toBe(201);
      expect((await dryRun('jobs', aJob('busybox'), unbounded)).status).toBe(201);
      expect(
        (await cluster.request('POST', '/api/v1/namespaces/default/pods?dryRun=All', aPod('busybox'))).status,
      ).toBe(201);
    });

    test('sources that are none let nothing in; a step says so, and a pod that is there goes on', async () => {
      const { cluster, executor, namespace, image, setSources } = use();
      const before = await running();
      await setSources('');
      try {
        const says = `the image "${image}" is from none of the sources of this tenant: it has none`;
        expect(denial(await dryRun('pods', aPod(image)))).toBe(says);
        const late = await refusal(executor.client.submit(step()));
        expect(late).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'KUBERNETES_ADMISSION_REFUSED' });
        expect(late.message).toContain(says);
        const { pod } = await executor.client.get(before.key);
        const labels = { metadata: { labels: { seen: 'yes' } } };
        await must(cluster, 'PATCH', `/api/v1/namespaces/${namespace}/pods/${pod?.name}`, labels);
        await executor.client.cancel(before.key);
        expect(stateName(await before.watch.final())).toBe('CANCELLED');
      } finally {
        await setSources(sources);
      }
    });

    test('a pod that is refused behind its Job is waited for, and told with the words of the policy', async () => {
      const { cluster, executor, image, setSources } = use();
      // It needs another pod after a disruption; until then its sources have changed.
      const { key, watch, step } = await running({ options: { disruptionPolicy: DisruptionPolicy.REPLACE } });
      const { pod } = step;
      await setSources('ghcr.io/greenlang/tools/*');
      const path = `/api/v1/namespaces/${pod?.namespace}/pods/${pod?.name}/eviction`;
      await must(cluster, 'POST', path, {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: pod?.name },
      });
      const { waiting } = await waitsFor(watch, 'AdmissionRefused');
      expect(waiting.message).toBe(
        `The admission policy glip-images refuses the pod: the image "${image}" is from none of the sources of this tenant: ghcr.io/greenlang/tools/*.`,
      );
      await setSources(sources);
      await executor.client.cancel(key);
      expect(stateName(await watch.final())).toBe('CANCELLED');
    });

    test('sources that are no repository let nothing in', async () => {
      const { setSources } = use();
      await setSources('localhost ghcr.io ghcr.io/greenlang* * /*');
      for (const image of ['localhost:5000/x', 'ghcr.io/greenlang/x', 'ghcr.io/x'].map(
        (name) => `${name}@${digest}`,
      ))
        expect(denial(await dryRun('pods', aPod(image)))).toContain(`"${image}" is from none of the sources`);
      await setSources(sources);
    });

    test('the largest pods and the longest lists stay within what a policy may cost', async () => {
      const { image, setSources } = use();
      const many = Array.from({ length: 100 }, (_, i) => `registry-${i}.example/team-${i}/agents/*`);
      await setSources([...many, 'registry.example/probe'].join(' '));
      const containers = Array.from({ length: 100 }, (_, i) => container(`c-${i}`, image));
      expect(await dryRun('pods', aPod(image, {}, { containers }))).toMatchObject({ status: 201 });
      await setSources(sources);
    });
  });
}
