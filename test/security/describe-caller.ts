import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { identities, issuer } from '../integration/identity/secured.ts';
import { aStep, type StepWish } from '../support/step.ts';
import { must } from '../support/tenants.ts';
import { issuerUrl } from '../unit/identity/tokens.ts';
import { methods, type Scene, theirs, told } from './scene.ts';

/** Attacker A: the credentials of one tenant, at both ports. */
export function describeCaller(use: () => Scene): void {
  const key = (tenant: string) => ({ ...use().beta.key, tenant });
  const submit = (wish: Partial<StepWish>) =>
    use().call({
      method: methods.submitStep,
      request: aStep(use().cluster, { tenant: 'acme', validateOnly: true, ...wish }),
    });

  describe('with the credentials of one tenant', () => {
    const about: Readonly<Record<string, (tenant: string) => object>> = {
      getStep: (tenant) => ({ key: key(tenant) }),
      watchStep: (tenant) => ({ key: key(tenant) }),
      streamLogs: (tenant) => ({ key: key(tenant) }),
      ackStep: (tenant) => ({ key: key(tenant) }),
      cancelStep: (tenant) => ({ target: { case: 'key', value: key(tenant) } }),
      submitStep: (tenant) => aStep(use().cluster, { tenant, runId: use().beta.key.runId }),
      getTenant: (tenant) => ({ tenant }),
      ensureTenant: (tenant) => ({ tenant, spec: {} }),
      deleteTenant: (tenant) => ({ tenant, force: true }),
    };
    const refusals: Readonly<Record<string, string>> = {
      getStep: 'NOT_FOUND STEP_UNKNOWN',
      watchStep: 'NOT_FOUND STEP_UNKNOWN',
      streamLogs: 'NOT_FOUND STEP_UNKNOWN',
      ackStep: 'NOT_FOUND STEP_UNKNOWN',
      cancelStep: 'NOT_FOUND TENANT_UNKNOWN',
      submitStep: 'PERMISSION_DENIED NOT_ALLOWED',
      getTenant: 'NOT_FOUND TENANT_UNKNOWN',
      ensureTenant: 'PERMISSION_DENIED NOT_ALLOWED',
      deleteTenant: 'PERMISSION_DENIED NOT_ALLOWED',
    };
    test.each(Object.keys(about))(
      "another tenant's: %s is answered as if it were not there, at both ports",
      async (name) => {
        const method = methods[name as keyof typeof methods];
        for (const http of [false, true]) {
          const ask = (tenant: string) =>
            use().call({ method, request: { ...about[name]?.(tenant) } }, { http });
          const [hidden, missing] = [await ask('beta'), await ask('nobody')];
          expect(told(hidden)).toBe(refusals[name]);
          expect(hidden.error?.message).toContain('beta');
          expect(missing.error?.message.replaceAll('nobody', 'beta')).toBe(hidden.error?.message);
          expect(missing.error?.code).toBe(hidden.error?.code);
        }
      },
    );

    test('lists, watches and the cancel of a run leave it out', async () => {
      const runId = use().beta.key.runId;
      const answers = [
        await use().call({ method: methods.listSteps, request: {} }),
        await use().call({ method: methods.listSteps, request: { filter: { tenant: 'beta' } } }),
        await use().call({ method: methods.listSteps, request: { filter: { runId } } }),
        await use().call({ method: methods.watchSteps, request: { filter: { runId } } }),
        await use().call({ method: methods.listTenants, request: {} }),
        await use().call({
          method: methods.cancelStep,
          request: { target: { case: 'run', value: { tenant: 'beta', runId } } },
        }),
      ];
      for (const answer of answers) {
        expect(told(answer)).toBe('OK');
        const text = JSON.stringify(answer.frames, (_, value) =>
          typeof value === 'bigint' ? `${value}` : value,
        );
        expect(text).not.toContain('glip-beta');
        expect(text).not.toContain('"beta"');
      }
    });

    test("cursors and page tokens of another's open nothing", async () => {
      const cursorOf = (frames: readonly unknown[]) =>
        (frames as readonly { cursor?: string }[]).map(({ cursor }) => cursor).find((one) => Boolean(one)) ??
        '';
      const watched = await use().call(
        { method: methods.watchSteps, request: {}, enough: (frame) => cursorOf([frame]) !== '' },
        { who: theirs },
      );
      const step = await use().call(
        {
          method: methods.watchStep,
          request: { key: use().beta.key },
          enough: (frame) => cursorOf([frame]) !== '',
        },
        { who: theirs },
      );
      const [many, one] = [cursorOf(watched.frames), cursorOf(step.frames)];
      expect([many, one]).not.toContain('');
      const again = await use().call({ method: methods.watchSteps, request: { cursor: many } });
      expect(JSON.stringify(again.frames, (_, v) => (typeof v === 'bigint' ? `${v}` : v))).not.toContain(
        'glip-beta',
      );
      const single = await use().call({
        method: methods.watchStep,
        request: { key: use().beta.key, cursor: one },
      });
      expect(told(single)).toBe('NOT_FOUND STEP_UNKNOWN');
      const forged = Buffer.from(`1.9999999999999.${randomUUID()}.AAAA`).toString('base64url');
      const page = await use().call({ method: methods.listSteps, request: { pageToken: forged } });
      expect(told(page)).toBe('INVALID_ARGUMENT INVALID_REQUEST');
    });

    test('a token that is edited, signed by others or over is nobody, and one that names * is of no tenant', async () => {
      const { keys } = issuer.jwks;
      const now = Math.floor(Date.now() / 1_000);
      const claims = {
        iss: issuerUrl,
        aud: 'glip-executor',
        sub: 'ann',
        groups: ['pipelines'],
        tenants: ['beta'],
        iat: now,
        exp: now + 600,
      };
      const own = await generateKeyPair('ES256', { extractable: true });
      const jwk = await exportJWK(own.publicKey);
      const [head = '', , signature = ''] = identities.JWT.token.split('.');
      const edited = Buffer.from(JSON.stringify(claims)).toString('base64url');
      const bySecret = (secret: string) =>
        new SignJWT(claims)
          .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
          .sign(new TextEncoder().encode(secret));
      const byOwn = (header: object) =>
        new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k1', ...header }).sign(own.privateKey);
      const tokens = {
        'edited claims': `${head}.${edited}.${signature}`,
        'no signature': `${head}.${edited}.`,
        'alg none': new UnsecuredJWT(claims).encode(),
        'HS256 with the public key': await bySecret(JSON.stringify(keys[0])),
        'HS256 with nothing': await bySecret('0'),
        'another key of the same kid': await byOwn({}),
        'its key in the header': await byOwn({ jwk, kid: undefined }),
        'its key at a URL': await byOwn({ jku: 'https://evil.example/keys', kid: 'evil' }),
        'a kid that is a path': await byOwn({ kid: '../../../../dev/null' }),
        'another issuer': await issuer.sign({ ...claims, iss: 'https://evil.example' }),
        'another audience': await issuer.sign({ ...claims, aud: 'kubernetes' }),
        over: await issuer.sign({ ...claims, exp: now - 120 }),
        'not yet': await issuer.sign({ ...claims, nbf: now + 600 }),
        'without an end': await issuer.sign({ ...claims, exp: undefined }),
      };
      for (const [what, token] of Object.entries(tokens))
        for (const http of [false, true]) {
          const request = { key: use().beta.key };
          const answer = await use().call({ method: methods.getStep, request }, { who: { token }, http });
          expect(told(answer), what).toMatch(/^UNAUTHENTICATED /);
        }
      const star = { token: await issuer.sign({ groups: ['pipelines'], tenants: ['*'] }) };
      const answer = await use().call(
        { method: methods.getStep, request: { key: use().beta.key } },
        { who: star },
      );
      expect(told(answer)).toBe('NOT_FOUND STEP_UNKNOWN');
    });

    const paths = ['../glip-beta', 'acme/../beta', 'acme%2f..%2fbeta', '.'];
    const broken = ['acme\u0000', 'acme\n', '', '\u001b[2J'];
    test.each([...paths, ...broken])('an id is never a path, nor anything but an id: %j', async (id) => {
      const { call } = use();
      const answer = await call({ method: methods.getStep, request: { key: key(id) } });
      expect(told(answer)).toMatch(/^(INVALID_ARGUMENT INVALID_REQUEST|NOT_FOUND STEP_UNKNOWN)$/);
      // A run's id is whatever its orchestrator says: it stands in annotations, and names of objects have a hash of it.
      const taken = paths.includes(id) ? 'OK' : 'INVALID_ARGUMENT INVALID_REQUEST';
      expect(told(await submit({ runId: id }))).toBe(taken);
      expect(told(await submit({ stepId: id }))).toBe('INVALID_ARGUMENT INVALID_REQUEST');
    });

    const options: readonly (readonly [what: string, options: StepWish['options']])[] = [
      ["another tenant's label", { labels: { 'glip.greenlang.io/tenant': 'beta' } }],
      ['the label of the executor', { labels: { 'app.kubernetes.io/managed-by': 'somebody' } }],
      ["another Job's uid", { labels: { 'batch.kubernetes.io/controller-uid': 'x' } }],
      ['a label past the egress of the tenant', { labels: { 'glip.greenlang.io/egress': 'x' } }],
      ['another network', { annotations: { 'k8s.v1.cni.cncf.io/networks': 'host' } }],
      ['an injected container', { annotations: { 'sidecar.istio.io/proxyImage': 'evil.example/x' } }],
      ['an identity of the cloud', { annotations: { 'iam.amazonaws.com/role': 'admin' } }],
      ["the executor's annotations", { annotations: { 'glip.greenlang.io/record': '{}' } }],
      [
        'a Secret that is not named',
        { secrets: [{ name: 'tls', key: 'k', target: { case: 'env', value: 'X' } }] },
      ],
      ['a class of the system', { priorityClass: 'system-node-critical' }],
      ['a class that is not named', { priorityClass: 'glip-high' }],
      [
        'a claim by a path',
        { volumes: [{ name: 'x', mountPath: '/x', source: { case: 'claim', value: '../glip-beta/data' } }] },
      ],
      [
        'a mount over the account',
        {
          volumes: [
            { name: 'x', mountPath: '/var/run/../../proc', source: { case: 'scratchSize', value: '1Mi' } },
          ],
        },
      ],
      ['egress to everything', { egress: [{ to: { case: 'cidr', value: '0.0.0.0/0' } }] }],
      ['egress to metadata', { egress: [{ to: { case: 'cidr', value: '169.254.169.254/32' } }] }],
      ["egress to another tenant's pods", { egress: [{ to: { case: 'namespace', value: 'glip-beta' } }] }],
    ];
    test.each(options)('not for a step to choose: %s', async (_, wish) => {
      expect(told(await submit({ options: wish ?? {} }))).toBe('INVALID_ARGUMENT INVALID_REQUEST');
    });

    const digest = `sha256:${'0'.repeat(64)}`;
    test.each([
      'evil.example/probe:1',
      'registry.example/probe-evil:1',
      'registry.example/probe/evil:1',
      'registry.example:5000/probe:1',
      'registry.example@evil.example/probe:1',
      'registry.example%2fprobe@evil.example/x:1',
      'evil.example/registry.example/probe:1',
      'ghcr.io/greenlangevil/x:1',
      'ghcr.io/greenlang/../evil/x:1',
      'ghcr.io/gr\u0435enlang/x:1',
      'ghcr.io/greenlang:1',
      `evil.example/x:1@${digest}`,
      `registry.example/probe@${digest}@${digest}`,
      'https://registry.example/probe:1',
      'registry.example/probe:1\nevil.example/x',
      'probe:1',
    ])('no image from elsewhere, however it is written: %j', async (image) => {
      const answer = await submit({ spec: { agent: { name: 'TEST.PROBE', version: '1.0.0', image } } });
      expect(told(answer)).toMatch(/^INVALID_ARGUMENT (IMAGE_NOT_ALLOWED|INVALID_REQUEST)$/);
    });

    test('what Kubernetes would expand reaches the agent as it is written; a claim is looked for at home', async () => {
      const env = { STOLEN: '$(GLIP_STEP_ID) $(KUBERNETES_SERVICE_HOST)' };
      const volumes = [
        { name: 'x', mountPath: '/x', source: { case: 'claim' as const, value: 'data-of-beta' } },
      ];
      const request = aStep(use().cluster, { tenant: 'acme', options: { env, volumes } });
      expect(told(await use().call({ method: methods.submitStep, request }))).toBe('OK');
      const { items } = await must(use().cluster, 'GET', '/apis/batch/v1/namespaces/glip-acme/jobs');
      expect(items).toHaveLength(1);
      const { containers, volumes: mounted } = items[0].spec.template.spec;
      const stolen = containers[0].env.find(({ name }: { name: string }) => name === 'STOLEN');
      expect(stolen.value).toBe('$$(GLIP_STEP_ID) $$(KUBERNETES_SERVICE_HOST)');
      expect(JSON.stringify(mounted)).toContain('"claimName":"data-of-beta"');
      const target = { case: 'key', value: request.key };
      expect(told(await use().call({ method: methods.cancelStep, request: { target } }))).toBe('OK');
    });

    test('a flood of marks ends at the limit of the rule, while the other tenant is answered', async () => {
      const began = Date.now();
      const flood = Array.from({ length: 100 }, async () => {
        const target = { case: 'key', value: { ...key('acme'), runId: randomUUID() } };
        return told(
          await use().call({ method: methods.cancelStep, request: { target } }, { who: identities.JWT }),
        );
      });
      const other = await use().call(
        { method: methods.getStep, request: { key: use().beta.key } },
        { who: theirs },
      );
      expect(told(other)).toBe('OK');
      const answers = await Promise.all(flood);
      const made = answers.filter((one) => one === 'OK').length;
      expect(made).toBeLessThanOrEqual(3 * ((Date.now() - began) / 1_000 + 1));
      expect(new Set(answers)).toEqual(new Set(['OK', 'RESOURCE_EXHAUSTED SUBMIT_RATE_EXCEEDED']));
    });
  });
}
