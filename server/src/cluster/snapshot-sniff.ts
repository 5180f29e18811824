/**
 * Whether a file that starts like this is worth reading as a snapshot: a list of Kubernetes objects of the kinds that matter.
 * `head` is the first few thousand characters. Manifests that people write hold no such lists and are not taken for one.
 */
export function looksLikeSnapshot(head: string): boolean {
  const text = head.charCodeAt(0) === 0xfeff ? head.slice(1) : head;
  if (/^\s*\{/.test(text)) {
    if (!/"apiVersion"\s*:/.test(text)) return false;
    if (/"kind"\s*:\s*"(?:Service|EndpointSlice|Pod|Node)List"/.test(text)) return true;
    return (
      /"items"\s*:\s*\[/.test(text) &&
      /"kind"\s*:\s*"(?:Service|EndpointSlice|Pod|Node)"|"apiVersion"\s*:\s*"discovery\.k8s\.io\/v1/.test(text)
    );
  }
  return (
    /^items:\s*$/m.test(text) &&
    /^apiVersion:/m.test(text) &&
    /^[ -]+(?:kind:\s*(?:Service|EndpointSlice|Pod|Node)|apiVersion:\s*discovery\.k8s\.io\/v1\w*)\s*$/m.test(text)
  );
}
