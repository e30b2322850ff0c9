import { createHash } from 'node:crypto';
import { type Member, tar } from './tar.ts';

/** An image to be: what it is called, what is in it, and what it runs. */
export interface ImagePlan {
  /** With its tag. One other than `latest`, so that a node does not ask a registry for a newer one. */
  readonly name: string;
  /** Layers as tar archives; images may share them. */
  readonly layers: readonly Buffer[];
  readonly entrypoint: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: string;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const mediaType = {
  layer: 'application/vnd.oci.image.layer.v1.tar',
  config: 'application/vnd.oci.image.config.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
} as const;

/** One OCI archive of all the images, as `ctr images import` reads it: no registry and no builder is needed. */
export function archive(images: readonly ImagePlan[], architecture: string): Buffer {
  const blobs = createBlobs();
  const manifests = images.map((image) => ({
    ...manifest(image, architecture, blobs),
    annotations: { 'io.containerd.image.name': image.name },
  }));
  const index = { schemaVersion: 2, mediaType: mediaType.index, manifests };
  return tar([
    { kind: 'file', path: 'oci-layout', content: json({ imageLayoutVersion: '1.0.0' }) },
    { kind: 'file', path: 'index.json', content: json(index) },
    ...blobs.members(),
  ]);
}

function manifest(image: ImagePlan, architecture: string, blobs: Blobs): Descriptor {
  const layers = image.layers.map((layer) => blobs.add(layer, mediaType.layer));
  const config = {
    architecture,
    os: 'linux',
    // A layer that is not compressed is its own diff.
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    config: {
      Entrypoint: image.entrypoint,
      Env: Object.entries(image.env ?? {}).map(([name, value]) => `${name}=${value}`),
      ...(image.user !== undefined && { User: image.user }),
    },
  };
  const content = {
    schemaVersion: 2,
    mediaType: mediaType.manifest,
    config: blobs.add(json(config), mediaType.config),
    layers,
  };
  return blobs.add(json(content), mediaType.manifest);
}

interface Blobs {
  readonly add: (content: Buffer, type: string) => Descriptor;
  readonly members: () => readonly Member[];
}

function createBlobs(): Blobs {
  const known = new Map<Buffer, Descriptor>();
  const members = new Map<string, Member>();
  return {
    add: (content, type) => {
      const digest =
        known.get(content)?.digest ?? `sha256:${createHash('sha256').update(content).digest('hex')}`;
      const descriptor = { mediaType: type, digest, size: content.length };
      known.set(content, descriptor);
      const path = `blobs/${digest.replace(':', '/')}`;
      members.set(path, { kind: 'file', path, content });
      return descriptor;
    },
    members: () => [...members.values()],
  };
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
