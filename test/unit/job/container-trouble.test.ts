import { describe, expect, test } from 'vitest';
import { containerTrouble } from '../../../src/job/container-trouble.ts';

const pull = (words: string) => `failed to pull and unpack image "ghcr.io/denied/404:1": ${words}`;

describe('what holds up a container', () => {
  test.each<[want: string | undefined, reason: string, message: string]>([
    [undefined, '', ''],
    [undefined, 'ContainerCreating', ''],
    [undefined, 'PodInitializing', ''],
    [
      'InvalidImageName',
      'InvalidImageName',
      'Failed to apply default image tag "A/B:1": invalid reference format',
    ],
    [
      'ErrImageNeverPull',
      'ErrImageNeverPull',
      'Container image "a:1" is not present with pull policy of Never',
    ],
    ['RegistryUnavailable', 'RegistryUnavailable', 'registry is unavailable'],
    ['ImageSignatureRefused', 'SignatureValidationFailed', 'no signature'],
    [
      'ImageNotFound',
      'ErrImagePull',
      `rpc error: code = NotFound desc = ${pull('failed to resolve reference "ghcr.io/denied/404:1": ghcr.io/denied/404:1: not found')}`,
    ],
    ['ImageNotFound', 'ErrImagePull', pull('manifest unknown')],
    ['ImageNotFound', 'ErrImagePull', pull('no match for platform in manifest: not found')],
    [
      'ImageNotFound',
      'ImagePullBackOff',
      `Back-off pulling image "ghcr.io/denied/404:1": ErrImagePull: ${pull('unexpected status from HEAD request: 404 Not Found')}`,
    ],
    [
      'ImageAccessDenied',
      'ErrImagePull',
      pull(
        'failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token: 403 Forbidden',
      ),
    ],
    ['ImageAccessDenied', 'ErrImagePull', pull('unexpected status: 401 Unauthorized')],
    [
      'ImageAccessDenied',
      'ErrImagePull',
      pull(
        'pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
      ),
    ],
    ['ImageAccessDenied', 'ErrImagePull', pull('no basic auth credentials')],
    [
      'RegistryUnavailable',
      'ErrImagePull',
      pull(
        'failed to do request: Head "https://ghcr.io/v2/not found": dial tcp: lookup ghcr.io on 10.0.0.1:53: no such host',
      ),
    ],
    ['RegistryUnavailable', 'ErrImagePull', pull('dial tcp 127.0.0.1:5999: connect: connection refused')],
    [
      'RegistryUnavailable',
      'ErrImagePull',
      pull(
        'unexpected status: 429 Too Many Requests - toomanyrequests: You have reached your unauthenticated pull rate limit',
      ),
    ],
    [
      'RegistryUnavailable',
      'ErrImagePull',
      pull('unexpected status from HEAD request: 503 Service Unavailable'),
    ],
    ['RegistryUnavailable', 'ErrImagePull', pull('net/http: TLS handshake timeout')],
    ['RegistryUnavailable', 'ErrImagePull', pull('dial tcp 1.2.3.4:443: i/o timeout')],
    ['RegistryUnavailable', 'ErrImagePull', pull('x509: certificate signed by unknown authority')],
    ['RegistryUnavailable', 'ErrImagePull', pull('context deadline exceeded')],
    ['InvalidImageName', 'ErrImagePull', 'invalid reference format'],
    ['ImagePullFailed', 'ErrImagePull', pull('no space left on device')],
    ['ImagePullFailed', 'ImagePullBackOff', 'Back-off pulling image "ghcr.io/denied/404:1"'],
    ['SecretMissing', 'CreateContainerConfigError', 'secret "nosecret" not found'],
    ['SecretMissing', 'CreateContainerConfigError', "couldn't find key token in Secret glip-acme/keys"],
    ['ConfigMapMissing', 'CreateContainerConfigError', 'configmap "settings" not found'],
    [
      'ConfigMapMissing',
      'CreateContainerConfigError',
      "couldn't find key a.json in ConfigMap glip-acme/settings",
    ],
    [
      'ContainerConfigError',
      'CreateContainerConfigError',
      'container has runAsNonRoot and image will run as root',
    ],
    ['ContainerCreateFailed', 'CreateContainerError', 'failed to reserve container name'],
    ['ContainerCreateFailed', 'RunContainerError', 'context deadline exceeded'],
    ['ContainerWaiting', 'SomethingNew', 'of another kubelet'],
  ])('%s: %s %s', (want, reason, message) => {
    expect(containerTrouble(reason, message)?.reason).toBe(want);
  });

  test('ErrImagePull and ImagePullBackOff say the same of the same', () => {
    const cause = pull('manifest unknown');
    expect(
      containerTrouble('ImagePullBackOff', `Back-off pulling image "x:1": ErrImagePull: ${cause}`),
    ).toEqual(containerTrouble('ErrImagePull', cause));
  });

  test('the kubelet’s ids are left out', () => {
    const message =
      'image has non-numeric user (agent), cannot verify user is non-root (pod: "a_b(c-d)", container: agent)';
    expect(
      containerTrouble('CreateContainerConfigError', `container has runAsNonRoot and ${message}`)?.message,
    ).toBe(
      'container has runAsNonRoot and image has non-numeric user (agent), cannot verify user is non-root',
    );
  });
});
