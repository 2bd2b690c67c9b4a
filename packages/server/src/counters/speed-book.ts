/** The Speeds port in memory: one moving average per provider and model, bounded. */
import { nextSpeed, type EndpointSpeed, type ProviderId, type SpeedSample, type Speeds } from '@arouter/core';

/** Models of one provider; callers cannot make it grow without bound by inventing names. */
const MODELS_MAX = 2000;

export function createSpeedBook(): Speeds {
  const book = new Map<ProviderId, Map<string, EndpointSpeed>>();
  return {
    of: (provider, upstreamModel) => book.get(provider)?.get(upstreamModel) ?? null,
    observe(sample: SpeedSample) {
      const models = book.get(sample.provider) ?? new Map<string, EndpointSpeed>();
      if (models.size === 0) book.set(sample.provider, models);
      const before = models.get(sample.upstreamModel) ?? null;
      if (before === null && models.size >= MODELS_MAX) models.clear();
      const speed = nextSpeed(before, sample);
      if (speed !== null) models.set(sample.upstreamModel, speed);
    },
  };
}
