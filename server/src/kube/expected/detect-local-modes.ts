/** kube-proxy's ways to tell Pods' traffic, by the values of its flag --detect-local-mode. */
export const detectLocalModes = ['ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix'] as const;
export type DetectLocalMode = (typeof detectLocalModes)[number];
