/**
 * Under which origins people open the dashboard. A configured public URL is the only one; without it, the address that
 * is listened on and the names of loopback: nobody else can be looking at a page of this process.
 */
import type { Settings } from './settings.ts';

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'] as const;

export function ownOrigins({ publicUrl }: Pick<Settings, 'publicUrl'>, url: string): readonly string[] {
  if (publicUrl !== '') return [new URL(publicUrl).origin];
  const { origin, port } = new URL(url);
  return [...new Set([origin, ...LOOPBACK.map((host) => new URL(`http://${host}:${port}`).origin)])];
}
