/** Where a model answers, below what stands before `/models` (a version, a project). */
import type { PathContext } from '@arouter/core';

/** A stream is always asked for as server-sent events: how the caller wants it framed is the caller's side's affair. */
export function geminiPath({ upstreamModel, stream }: Pick<PathContext, 'upstreamModel' | 'stream'>): string {
  return modelMethod({ upstreamModel }, stream ? 'streamGenerateContent?alt=sse' : 'generateContent');
}

export function modelMethod({ upstreamModel }: Pick<PathContext, 'upstreamModel'>, method: string): string {
  return `/models/${modelSegment(upstreamModel)}:${method}`;
}

/** A name is one segment of the path; clients also write it as the API lists it, `models/…`. */
export function modelSegment(upstreamModel: string): string {
  return encodeURIComponent(upstreamModel.replace(/^models\//, '')).replaceAll('%40', '@');
}
