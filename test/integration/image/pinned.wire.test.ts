import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { jobName } from '../../../src/job/names.ts';
import { refusal } from '../../support/client.ts';
import type { TestCluster } from '../../support/cluster.ts';
import { findBinary } from '../../support/control-plane/binaries.ts';
import { startEmbeddedCluster } from '../../support/embedded-cluster.ts';
import { startExecutor, type TestExecutor } from '../../support/executor.ts';
import { login, type RealRegistry, startRealRegistry } from '../../support/registry/real.ts';
import { aStep, type StepRequest } from '../../support/step.ts';
import { createTenant, must } from '../../support/tenants.ts';

const missing = findBinary('registry') === undefined && process.env.CI !== 'true';
if (missing)
  console.warn(
    'SKIPPED: images of a real registry, because it is not built. To get it: node test/support/control-plane/build.ts --only registry',
  );

describe.skipIf(missing)('images of a real registry', () => {
  let cluster: TestCluster;
  let registry: RealRegistry;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'glip-images-'));
    cluster = await startEmbeddedCluster();
    registry = await startRealRegistry();
    await createTenant(cluster, 'acme');
  });
  afterAll(async () => {
    await cluster?.stop();
    await registry?.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  /** An executor that takes images from that registry, and asks for tags each time. */
  async function executorOf({ host }: RealRegistry, images: object = {}): Promise<TestExecutor> {
    const config = {
      sources: [`${host}/team/*`],
      resolve: 'on',
      plainHttp: [host],
      tagCacheTtl: '0s',
      signatures: 'not-required',
      ...images,
    };
    const executor = await startExecutor({ access: cluster.access, config: { images: config } });
    onTestFinished(executor.stop);
    return executor;
  }
  const aStepOf = (image: string, wish: Partial<Parameters<typeof aStep>[1]> = {}): StepRequest =>
    aStep(cluster, { tenant: 'acme', spec: { agent: { name: 'TEST.PROBE', image } }, ...wish });
  const jobOf = (request: StepRequest) =>
    must(cluster, 'GET', `/apis/batch/v1/namespaces/glip-acme/jobs/${jobName(request.key)}`);

  test('a tag becomes the digest that it means at the submit: in the Job, in the step and in a dry run', async () => {
    const digest = await registry.push('team/agent', '1.0');
    const { client } = await executorOf(registry);
    const image = `${registry.host}/team/agent:1.0`;
    const request = aStepOf(image);
    const step = await client.submitted(request);
    expect(step.image).toBe(`${image}@${digest}`);
    const job = await jobOf(request);
    expect(job.spec.template.spec.containers[0].image).toBe(`${image}@${digest}`);
    expect(job.metadata.annotations['glip.greenlang.io/requested-image']).toBe(image);
    const { jobJson } = await client.submit(aStepOf(image, { validateOnly: true }));
    expect(JSON.parse(jobJson).spec.template.spec.containers[0].image).toBe(`${image}@${digest}`);
  });

  test('an index for several platforms is pinned as a whole', async () => {
    const platform = await registry.push('team/agent', 'amd64');
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    const entry = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: platform, size: 1 };
    const index = JSON.stringify({ schemaVersion: 2, mediaType, manifests: [{ ...entry, size: 299 }] });
    const digest = await registry.pushManifest('team/agent', 'multi', mediaType, index);
    const { client } = await executorOf(registry);
    const step = await client.submitted(aStepOf(`${registry.host}/team/agent:multi`));
    expect(step.image).toBe(`${registry.host}/team/agent:multi@${digest}`);
  });

  test('a tag that moves: the step stays what it is, also for who repeats the submit; another attempt gets the new one', async () => {
    const before = await registry.push('team/agent', 'moving', 'before');
    const { client } = await executorOf(registry);
    const image = `${registry.host}/team/agent:moving`;
    const request = aStepOf(image, { runId: 'moving' });
    await client.submitted(request);
    const after = await registry.push('team/agent', 'moving', 'after');
    expect(after).not.toBe(before);
    const again = await client.submit(request);
    expect(again).toMatchObject({ created: false, step: { image: `${image}@${before}` } });
    await client.cancel(request.key);
    const next = await client
      .watch(request.key)
      .ended.then(() => client.submitted(aStepOf(image, { runId: 'moving', attempt: 1 })));
    expect(next.image).toBe(`${image}@${after}`);
  });

  test('an image that is named by its digest is that one, whatever the tag beside it means', async () => {
    const digest = await registry.push('team/agent', 'named', 'first');
    await registry.push('team/agent', 'named', 'second');
    const { client } = await executorOf(registry);
    const image = `${registry.host}/team/agent:named@${digest}`;
    expect((await client.submitted(aStepOf(image))).image).toBe(image);
  });

  test('a manifest that was changed in the registry starts nothing', async () => {
    const digest = await registry.push('team/agent', 'tampered');
    await registry.tamper(digest, (content) => content.replace('tampered', 'another!'));
    const { client } = await executorOf(registry);
    const request = aStepOf(`${registry.host}/team/agent:tampered`);
    const error = await refusal(client.submit(request));
    expect(error).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'IMAGE_TAMPERED' });
    expect(error.message).toMatch(
      /^the registry gives for 127\.0\.0\.1:\d+\/team\/agent@sha256:[0-9a-f]{64} what has the digest sha256:[0-9a-f]{64}: somebody has changed it there or on its way$/,
    );
    expect(await refusal(client.get(request.key))).toMatchObject({ reason: 'STEP_UNKNOWN' });
  });

  test('an image that is not there', async () => {
    const { client } = await executorOf(registry);
    const error = await refusal(client.submit(aStepOf(`${registry.host}/team/none:1`)));
    expect(error).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'IMAGE_NOT_FOUND' });
    expect(error.message).toBe(
      `the registry does not have the image ${registry.host}/team/none:1; push it, or correct its name`,
    );
  });

  test('what is of no source is refused with all the rest, and nobody is asked', async () => {
    const { client } = await executorOf(registry, { sources: ['ghcr.io/greenlang/*'] });
    const error = await refusal(client.submit(aStepOf(`${registry.host}/team/agent:1.0`)));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'IMAGE_NOT_ALLOWED' });
    expect(error.violations).toMatchObject([
      {
        field: 'invocation.spec.agent.image',
        description:
          "is from none of the sources of this cluster's images (images.sources): ghcr.io/greenlang/*",
      },
    ]);
    const strict = await executorOf(registry, { sources: undefined });
    expect((await refusal(strict.client.submit(aStepOf('busybox')))).message).toContain(
      'may not run, as no source of images is trusted here: set images.sources, or describe the tenant with image_sources',
    );
  });

  test('a registry that is gone: what is there stays, what is new waits, and a digest needs nobody', async () => {
    const own = await startRealRegistry();
    onTestFinished(own.destroy);
    const digest = await own.push('team/agent', '1.0');
    const { client } = await executorOf(own);
    const image = `${own.host}/team/agent:1.0`;
    const request = aStepOf(image);
    await client.submitted(request);
    const over = aStepOf(image, { runId: 'over' });
    await client.submitted(over);
    await client.cancel(over.key);
    await client.watch(over.key).ended;
    await own.stop();
    for (const there of [request, over])
      expect(await client.submit(there)).toMatchObject({
        created: false,
        step: { image: `${image}@${digest}` },
      });
    const error = await refusal(client.submit(aStepOf(image)));
    expect(error).toMatchObject({
      code: 'UNAVAILABLE',
      reason: 'IMAGE_REGISTRY_UNAVAILABLE',
      retryAfterMs: 5_000,
    });
    expect(error.message).toBe(
      `what ${own.host}/team/agent holds cannot be found out: ${own.host} takes no connection (ECONNREFUSED); no step starts with an image that nobody has looked at`,
    );
    expect((await client.submitted(aStepOf(`${image}@${digest}`))).image).toBe(`${image}@${digest}`);
    await own.start();
    expect((await client.submitted(aStepOf(image))).image).toBe(`${image}@${digest}`);
  });

  test('a private registry is shown the credentials of the mounted file, also when they come later', async () => {
    const own = await startRealRegistry({ isPrivate: true });
    onTestFinished(own.destroy);
    const digest = await own.push('team/agent', '1.0');
    const registryConfigFile = join(folder, 'config.json');
    const write = (auths: object) => writeFile(registryConfigFile, JSON.stringify({ auths }));
    await write({});
    const executor = await executorOf(own, { registryConfigFile });
    const image = `${own.host}/team/agent:1.0`;
    const error = await refusal(executor.client.submit(aStepOf(image)));
    expect(error).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'IMAGE_REGISTRY_DENIED' });
    expect(error.message).toBe(
      `the registry does not let the executor read ${own.host}/team/agent (HTTP 401): the repository is not there, or the credentials in images.registryConfigFile may not read it`,
    );
    await write({ [own.host]: { username: login.user, password: login.password } });
    await expect
      .poll(() => executor.client.submitted(aStepOf(image)).catch(() => undefined), { timeout: 20_000 })
      .toMatchObject({ image: `${image}@${digest}` });
    expect(JSON.stringify(executor.complaints)).not.toContain(login.password);
  });
});
