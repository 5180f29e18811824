/**
 * Clusters over the network: a bundle of its own with the API client in it, loaded when a cluster is first asked for. Nothing here
 * connects by itself.
 */
import { delimiter } from 'node:path';
import type { Cluster } from '../cluster.ts';
import { createApi } from './api.ts';
import { type KubeContext, loadKubeconfig } from './kubeconfig.ts';
import { type KubeEnvironment, processEnvironment } from './kubeconfig-files.ts';
import { type LiveCluster, type LiveClusterOptions, watchCluster } from './live-cluster.ts';
import { listCluster } from './load-once.ts';
import { bundleReader, type CollectedBundle, collectNodeBundle } from './node-bundle.ts';

export interface Contexts {
  readonly contexts: readonly KubeContext[];
  /** The files that they come from. */
  readonly origin: string;
}

/** The process's own environment, with kubeconfig files that a setting names: one, or several as KUBECONFIG has them. */
export function environmentWith(kubeconfig: string): KubeEnvironment {
  return { ...processEnvironment, files: kubeconfig.split(delimiter).filter((file) => file !== '') };
}

/** The contexts that kubectl knows, in the files' order. No connection is made. @throws KubeconfigError */
export function listContexts(environment: KubeEnvironment = processEnvironment): Contexts {
  const { contexts, origin } = loadKubeconfig(environment);
  return { contexts, origin };
}

/** Connects to a context's cluster and keeps it watched until it is closed. @throws KubeconfigError */
export function connect(context: string, options: LiveClusterOptions & { readonly environment?: KubeEnvironment }): LiveCluster {
  const { environment = processEnvironment } = options;
  return watchCluster(
    context,
    createApi(() => loadKubeconfig(environment).configFor(context)),
    options,
  );
}

/**
 * Lists a context's cluster once, for a program that ends soon.
 * @throws Error with a sentence for the user: no kubeconfig, no such context, not reachable, not permitted, out of time
 */
export async function loadOnce(
  context: string,
  options: { readonly timeoutMs: number; readonly environment?: KubeEnvironment },
): Promise<Cluster> {
  const { environment = processEnvironment, timeoutMs } = options;
  const api = createApi(() => loadKubeconfig(environment).configFor(context));
  try {
    return await listCluster(context, api, { timeoutMs });
  } finally {
    api.close();
  }
}

/**
 * Collects a node bundle through the API of a context's cluster.
 * @throws Error with a sentence for the user, as loadOnce does
 */
export async function collectOnce(
  context: string,
  node: string,
  options: {
    readonly timeoutMs: number;
    readonly environment?: KubeEnvironment;
    readonly onProgress?: (text: string) => void;
    /** The image of a debug pod that is to be made in kube-system where no container of the node can be asked. */
    readonly debugImage?: string;
    /** Gives up, once a debug pod is removed. */
    readonly signal?: AbortSignal;
  },
): Promise<CollectedBundle> {
  const { environment = processEnvironment, timeoutMs, onProgress } = options;
  const api = createApi(() => loadKubeconfig(environment).configFor(context));
  try {
    await api.signIn();
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
    return await collectNodeBundle(api, node, await bundleReader(api, node, signal, options.debugImage), signal, onProgress);
  } finally {
    api.close();
  }
}
