/** By which address of a Service its clients may ask for it. */
export const questionEntries = ['cluster-ip', 'node-port', 'load-balancer-ip', 'external-ip', 'host-port'] as const;
export type QuestionEntry = (typeof questionEntries)[number];
