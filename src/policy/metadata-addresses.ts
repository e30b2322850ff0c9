import { type Cidr, cidr, containsCidr, printCidr } from '../lib/cidr.ts';

/**
 * Where clouds serve a machine's credentials to whoever asks from it: link-local addresses (AWS, Azure, GCP, OpenStack), and those of
 * Alibaba, Azure's WireServer, AWS and GCP over IPv6. No tenant's agent reaches them.
 */
export const metadataRanges: readonly Cidr[] = [
  '169.254.0.0/16',
  '100.100.100.200/32',
  '168.63.129.16/32',
  'fe80::/10',
  'fd00:ec2::/32',
  'fd20:ce::254/128',
].map(cidr);

/** The range of those that a range lies in, if it lies in one. */
export const metadataRangeAround = (range: Cidr): Cidr | undefined =>
  metadataRanges.find((metadata) => containsCidr(metadata, range));

/** What is to be taken out of a wider range: an `except` of a NetworkPolicy must be smaller than its range. */
export const exceptionsOf = (range: Cidr): readonly string[] =>
  metadataRanges
    .filter((metadata) => containsCidr(range, metadata) && metadata.prefix > range.prefix)
    .map(printCidr);
