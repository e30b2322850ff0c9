import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { SignaturePolicy } from '../../../gen/glip/executor/v1/tenant_service_pb.js';
import { jobName } from '../../../src/job/names.ts';
import { refusal } from '../../support/client.ts';
import type { TestCluster } from '../../support/cluster.ts';
import { missingBinaries } from '../../support/control-plane/binaries.ts';
import { startEmbeddedCluster } from '../../support/embedded-cluster.ts';
import { startExecutor, type TestExecutor } from '../../support/executor.ts';
import { type Cosign, type CosignKey, openCosign } from '../../support/registry/cosign.ts';
import { login, type RealRegistry, startRealRegistry } from '../../support/registry/real.ts';
import { aStep, type StepRequest } from '../../support/step.ts';
import { connectTenants, type SpecInit } from '../../support/tenant-client.ts';
import { createTenant, must } from '../../support/tenants.ts';

const missing = missingBinaries(['registry', 'cosign', 'sigstore']).length > 0 && process.env.CI !== 'true';
if (missing)
  console.warn(
    'SKIPPED: signatures by the real cosign, because it is not built. To get it: node test/support/control-plane/build.ts --only registry,cosign,sigstore',
  );

describe.skipIf(missing)('images that the real cosign has signed', () => {
  let cluster: TestCluster;
  let registry: RealRegistry;
  let cosign: Cosign;
  let trusted: CosignKey;
  let stranger: CosignKey;
  let folder: string;
  let keysFile: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'glip-images-'));
    keysFile = join(folder, 'keys.pem');
    cosign = await openCosign();
    trusted = await cosign.newKey();
    stranger = await cosign.newKey();
    await writeFile(keysFile, trusted.publicKey);
    cluster = await startEmbeddedCluster();
    registry = await startRealRegistry();
    await createTenant(cluster, 'acme');
  });
  afterAll(async () => {
    await cluster?.stop();
    await registry?.destroy();
    await cosign?.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  async function executorOf({ host }: RealRegistry, images: object = {}): Promise<TestExecutor> {
    const config = {
      sources: [`${host}/team/*`],
      resolve: 'on',
      plainHttp: [host],
      tagCacheTtl: '0s',
      keysFile,
    };
    const executor = await startExecutor({
      access: cluster.access,
      config: { images: { ...config, ...images } },
    });
    onTestFinished(executor.stop);
    return executor;
  }
  const aStepOf = (image: string, wish: Partial<Parameters<typeof aStep>[1]> = {}): StepRequest =>
    aStep(cluster, { tenant: 'acme', spec: { agent: { name: 'TEST.PROBE', image } }, ...wish });
  const annotationsOf = async ({ key }: StepRequest, namespace = 'glip-acme') =>
    (await must(cluster, 'GET', `/apis/batch/v1/namespaces/${namespace}/jobs/${jobName(key)}`)).metadata
      .annotations;
  /** An image of that name: its tag, and the name with the digest. */
  const push = async (tag: string, to = registry) => {
    const digest = await to.push('team/agent', tag);
    return {
      digest,
      image: `${to.host}/team/agent:${tag}`,
      pinned: `${to.host}/team/agent:${tag}@${digest}`,
      exact: `${to.host}/team/agent@${digest}`,
    };
  };

  test.each(['bundle', 'classic'] as const)('run, with the digest that is signed: %s', async (format) => {
    const { image, pinned, exact } = await push(`good-${format}`);
    await cosign.sign(exact, trusted, format);
    const { client } = await executorOf(registry);
    const request = aStepOf(image);
    expect((await client.submitted(request)).image).toBe(pinned);
    expect((await annotationsOf(request))['glip.greenlang.io/image-signature']).toMatch(
      /^key sha256:[0-9a-f]{64}$/,
    );
    expect((await client.submitted(aStepOf(exact))).image).toBe(exact);
  });

  test('start nothing without a signature', async () => {
    const { image, pinned } = await push('unsigned');
    const { client } = await executorOf(registry);
    const request = aStepOf(image);
    for (const validateOnly of [true, false]) {
      const error = await refusal(client.submit(aStepOf(image, { runId: request.key.runId, validateOnly })));
      expect(error).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'IMAGE_UNSIGNED' });
      expect(error.message).toBe(
        `the image ${pinned} has no signature, and must have one here; sign it with cosign`,
      );
    }
    expect(await refusal(client.get(request.key))).toMatchObject({ reason: 'STEP_UNKNOWN' });
  });

  test.each(['bundle', 'classic'] as const)(
    'start nothing with the signature of a stranger: %s',
    async (format) => {
      const { image, pinned, exact } = await push(`strange-${format}`);
      await cosign.sign(exact, stranger, format);
      const { client } = await executorOf(registry);
      const error = await refusal(client.submit(aStepOf(image)));
      expect(error).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'IMAGE_SIGNATURE_INVALID' });
      expect(error.message).toBe(
        `the image ${pinned} has 1 signature, none of which by anybody who is trusted here (image_keys of the tenant, else images.keysFile and images.identities)`,
      );
      await cosign.sign(exact, trusted, format);
      expect((await client.submitted(aStepOf(image))).image).toBe(pinned);
    },
  );

  test('start nothing with a good signature of another image', async () => {
    const good = await push('good');
    await cosign.sign(good.exact, trusted, 'classic');
    const { digest, image, pinned } = await push('thief');
    const name = (of: string) => `${of.replace(':', '-')}.sig`;
    const type = 'application/vnd.oci.image.manifest.v1+json';
    const signature = await fetch(`http://${registry.host}/v2/team/agent/manifests/${name(good.digest)}`, {
      headers: { accept: type },
    });
    await registry.pushManifest('team/agent', name(digest), type, await signature.text());
    const { client } = await executorOf(registry);
    const error = await refusal(client.submit(aStepOf(image)));
    expect(error).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'IMAGE_SIGNATURE_INVALID' });
    expect(error.message).toBe(
      `the image ${pinned} has 1 signature, 1 of which good, but of another image: somebody has put what is not its own there`,
    );
  });

  test('start nothing with another statement that a trusted key has signed', async () => {
    const { image, exact } = await push('attested');
    await cosign.attest(exact, trusted);
    const { client } = await executorOf(registry);
    expect(await refusal(client.submit(aStepOf(image)))).toMatchObject({ reason: 'IMAGE_UNSIGNED' });
  });

  test('of several platforms are signed as a whole', async () => {
    const platform = await push('amd64');
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    const entry = {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: platform.digest,
      size: 299,
    };
    const index = JSON.stringify({ schemaVersion: 2, mediaType, manifests: [entry] });
    const digest = await registry.pushManifest('team/agent', 'multi', mediaType, index);
    const { client } = await executorOf(registry);
    const image = `${registry.host}/team/agent:multi`;
    await cosign.sign(platform.exact, trusted);
    expect(await refusal(client.submit(aStepOf(image)))).toMatchObject({ reason: 'IMAGE_UNSIGNED' });
    await cosign.sign(`${registry.host}/team/agent@${digest}`, trusted);
    expect((await client.submitted(aStepOf(image))).image).toBe(`${image}@${digest}`);
  });

  test('stay what they are when the tag moves to one that is not signed', async () => {
    const { image, pinned, exact } = await push('moving');
    await cosign.sign(exact, trusted);
    const { client } = await executorOf(registry);
    const request = aStepOf(image);
    await client.submitted(request);
    await registry.push('team/agent', 'moving', 'evil');
    expect(await client.submit(request)).toMatchObject({ created: false, step: { image: pinned } });
    expect(await refusal(client.submit(aStepOf(image)))).toMatchObject({ reason: 'IMAGE_UNSIGNED' });
    expect((await client.submitted(aStepOf(pinned))).image).toBe(pinned);
  });

  test('whose signature was changed in the registry start nothing', async () => {
    const { image, exact, digest } = await push('forged');
    await cosign.sign(exact, trusted, 'classic');
    const type = 'application/vnd.oci.image.manifest.v1+json';
    const name = `${digest.replace(':', '-')}.sig`;
    const answer = await fetch(`http://${registry.host}/v2/team/agent/manifests/${name}`, {
      headers: { accept: type },
    });
    const { layers } = (await answer.json()) as { layers: { digest: string }[] };
    await registry.tamper(layers[0]!.digest, (payload) => payload.replace('optional', 'Optional'));
    const { client } = await executorOf(registry);
    expect(await refusal(client.submit(aStepOf(image)))).toMatchObject({ reason: 'IMAGE_TAMPERED' });
  });

  test('need no registry once they are known by their digest, and one before', async () => {
    const own = await startRealRegistry();
    onTestFinished(own.destroy);
    const known = await push('known', own);
    const unknown = await push('unknown', own);
    for (const { exact } of [known, unknown]) await cosign.sign(exact, trusted);
    const { client } = await executorOf(own);
    await client.submitted(aStepOf(known.pinned));
    await own.stop();
    expect((await client.submitted(aStepOf(known.pinned))).image).toBe(known.pinned);
    for (const image of [unknown.pinned, known.image]) {
      const error = await refusal(client.submit(aStepOf(image)));
      expect(error).toMatchObject({ code: 'UNAVAILABLE', reason: 'IMAGE_REGISTRY_UNAVAILABLE' });
    }
  });

  test('of a private registry', async () => {
    const own = await startRealRegistry({ isPrivate: true });
    onTestFinished(own.destroy);
    const { image, pinned, exact } = await push('private', own);
    await cosign.sign(exact, trusted);
    const registryConfigFile = join(folder, 'config.json');
    const auths = { [own.host]: { username: login.user, password: login.password } };
    await writeFile(registryConfigFile, JSON.stringify({ auths }));
    const { client } = await executorOf(own, { registryConfigFile });
    expect((await client.submitted(aStepOf(image))).image).toBe(pinned);
  });

  test('count by the keys of the moment: what was found out under others says nothing', async () => {
    const { image, exact, pinned } = await push('rotated');
    await cosign.sign(exact, trusted);
    const file = join(folder, 'rotating.pem');
    await writeFile(file, trusted.publicKey);
    const { client } = await executorOf(registry, { keysFile: file });
    await client.submitted(aStepOf(image));
    await writeFile(file, stranger.publicKey);
    const reason = () =>
      client.submit(aStepOf(pinned)).then(
        () => 'runs',
        (error: { reason: string }) => error.reason,
      );
    await expect.poll(reason, { timeout: 20_000 }).toBe('IMAGE_SIGNATURE_INVALID');
  });

  test('without a key run by the identity in the certificate, and by no other', async () => {
    const trustedRootFile = join(folder, 'root.json');
    await writeFile(trustedRootFile, await cosign.trustedRoot());
    const issuer = 'https://issuer.example';
    const identities = [{ issuer, subject: '*@corp.example' }];
    const { client } = await executorOf(registry, { keysFile: undefined, identities, trustedRootFile });
    const ours = await push('ours-keyless');
    const theirs = await push('theirs-keyless');
    const elsewhere = await push('elsewhere-keyless');
    await cosign.signAs(ours.exact, 'ann@corp.example', issuer);
    await cosign.signAs(theirs.exact, 'ann@evil.example', issuer);
    await cosign.signAs(elsewhere.exact, 'ann@corp.example', 'https://another.example');
    const request = aStepOf(ours.image);
    expect((await client.submitted(request)).image).toBe(ours.pinned);
    expect((await annotationsOf(request))['glip.greenlang.io/image-signature']).toBe(
      'identity ann@corp.example of https://issuer.example',
    );
    for (const { image } of [theirs, elsewhere])
      expect(await refusal(client.submit(aStepOf(image)))).toMatchObject({
        reason: 'IMAGE_SIGNATURE_INVALID',
      });
  });

  describe('for a tenant that is described', () => {
    async function describeTenant(executor: TestExecutor, tenant: string, spec: SpecInit) {
      const tenants = connectTenants(executor.grpc);
      onTestFinished(tenants.close);
      await tenants.ready(tenant, spec);
      return (await tenants.get(tenant)).spec;
    }

    test('count by its own keys, and by no others', async () => {
      const executor = await executorOf(registry);
      const spec = await describeTenant(executor, 'own-keys', { imageKeys: [stranger.publicKey] });
      expect(spec?.imageKeys).toEqual([stranger.publicKey]);
      const ours = await push('ours');
      const theirs = await push('theirs');
      await cosign.sign(ours.exact, stranger);
      await cosign.sign(theirs.exact, trusted);
      const submit = (image: string) => executor.client.submit(aStepOf(image, { tenant: 'own-keys' }));
      expect((await submit(ours.image)).step?.image).toBe(ours.pinned);
      expect(await refusal(submit(theirs.image))).toMatchObject({ reason: 'IMAGE_SIGNATURE_INVALID' });
    });

    test('need none where its description says so, which the Job says, too', async () => {
      const executor = await executorOf(registry);
      await describeTenant(executor, 'unsigned', { signaturePolicy: SignaturePolicy.NOT_REQUIRED });
      const { image, pinned } = await push('free');
      const request = aStepOf(image, { tenant: 'unsigned' });
      expect((await executor.client.submitted(request)).image).toBe(pinned);
      const annotations = await annotationsOf(request, 'glip-unsigned');
      expect(annotations['glip.greenlang.io/image-signature']).toBe('not required');
    });

    test('are refused with all the rest where nobody could have signed them', async () => {
      const executor = await executorOf(registry, { keysFile: undefined, signatures: 'not-required' });
      await describeTenant(executor, 'strict', { signaturePolicy: SignaturePolicy.REQUIRED });
      const request = aStepOf(`${registry.host}/team/agent:good`, { tenant: 'strict' });
      const error = await refusal(executor.client.submit(request));
      expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'IMAGE_NOT_ALLOWED' });
      expect(error.message).toBe(
        'invocation.spec.agent.image: may not run, as it must be signed, and nobody is trusted to sign: set images.keysFile or images.identities, or describe the tenant with image_keys',
      );
    });

    test('come from its own sources', async () => {
      const executor = await executorOf(registry, { signatures: 'not-required' });
      await describeTenant(executor, 'narrow', { imageSources: [`${registry.host}/team/other`] });
      const error = await refusal(
        executor.client.submit(aStepOf(`${registry.host}/team/agent:good`, { tenant: 'narrow' })),
      );
      expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'IMAGE_NOT_ALLOWED' });
      const namespace = await must(cluster, 'GET', '/api/v1/namespaces/glip-narrow');
      expect(namespace.metadata.annotations['glip.greenlang.io/image-sources']).toBe(
        `${registry.host}/team/other`,
      );
    });
  });
});
