/** Workers are started by file: the TypeScript source in development, the built JavaScript otherwise. */
export function workerFile(name: string): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./${name}.${extension}`, import.meta.url);
}
