const compute = /^(requests|limits)\.(cpu|memory|ephemeral-storage)$/;
const storage = /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\.storageclass\.storage\.k8s\.io\/)?requests\.storage$/;
const extended = /^requests\.[a-z0-9]([a-z0-9.-]*[a-z0-9])?\/[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/;
const counts =
  /^count\/|^(configmaps|secrets|services(\..*)?|resourcequotas|replicationcontrollers|persistentvolumeclaims)$/;

/** What is wrong with the name of a quota, if anything is. */
export function quotaNameProblem(name: string): string | undefined {
  if (name.length > 200) return 'the name has more than 200 characters';
  if (counts.test(name))
    return 'a limit on the number of objects would refuse a step instead of making it wait; limit pods instead';
  if (name === 'pods' || compute.test(name) || storage.test(name) || extended.test(name)) return undefined;
  return 'the name must be pods, requests.cpu, limits.memory or the like, requests.storage, or requests. and a device such as nvidia.com/gpu';
}

/** Whether it counts things that cannot be divided. */
export const isCount = (name: string): boolean => name === 'pods' || extended.test(name);
