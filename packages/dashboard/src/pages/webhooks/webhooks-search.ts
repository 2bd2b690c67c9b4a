/** Which deliveries are listed. It stands in the address. */
export const DELIVERY_STATES = { pending: 'Waiting', delivered: 'Delivered', dead: 'Given up' } as const;
export type DeliveryState = keyof typeof DELIVERY_STATES;

export type WebhooksSearch = {
  /** Id of a destination. */
  readonly destination?: string;
  readonly state?: DeliveryState;
};

const ID_CHARACTERS_MAX = 64;

export function readWebhooksSearch(search: Readonly<Record<string, unknown>>): WebhooksSearch {
  const { destination } = search;
  const state = (Object.keys(DELIVERY_STATES) as DeliveryState[]).find((each) => each === search['state']);
  return {
    ...(typeof destination === 'string' && destination !== ''
      ? { destination: destination.slice(0, ID_CHARACTERS_MAX) }
      : {}),
    ...(state === undefined ? {} : { state }),
  };
}
