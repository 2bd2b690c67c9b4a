/** AWS regions, their hosts and the cross-region profiles that can be called from them. Source: AWS Bedrock user guide. */

/** Partition prefix, place, number: what a host name is built from must be nothing else. */
export function isRegion(text: string): boolean {
  return /^[a-z]{2}(?:-[a-z]{2,12}){1,2}-\d{1,2}$/.test(text);
}

/** Null for what is no region: a host is built from it. */
export function runtimeHost(region: string | null): string | null {
  if (region === null || !isRegion(region)) return null;
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `https://bedrock-runtime.${region}.${suffix}`;
}

/** Prefixes of the profiles that a region belongs to, the nearest first. */
export function profilePrefixes(region: string): readonly string[] {
  if (region.startsWith('us-gov-')) return ['us-gov'];
  if (region.startsWith('ca-')) return ['ca', 'us', 'global'];
  if (region.startsWith('us-')) return ['us', 'global'];
  if (region.startsWith('eu-')) return ['eu', 'global'];
  if (/^ap-northeast-[13]$/.test(region)) return ['jp', 'apac', 'global'];
  if (/^ap-southeast-[24]$/.test(region)) return ['au', 'apac', 'global'];
  if (region.startsWith('ap-')) return ['apac', 'global'];
  return ['global'];
}

/** `eu.anthropic.claude-…` → `eu`; undefined for the model's own id. */
export function prefixOf(model: string): string | undefined {
  return /^(us-gov|us|eu|apac|jp|au|ca|in|global)\./.exec(model)?.[1];
}
