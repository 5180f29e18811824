import type { Pause } from '../../base/scheduler.ts';
import { runInSlices } from '../../base/scheduler.ts';
import { lineSteps, type Steps } from '../../base/steps.ts';
import { type ObjectPlace, type ObjectPlaces, objectOnLine, placesOfObjects } from '../../cluster/object-places.ts';
import type { ObjectName } from '../../cluster/objects.ts';
import type { FileAccess } from '../runtime.ts';

/** Where objects stand in snapshot files. */
export interface SnapshotPlaces {
  /** Where an object's name stands in a file, by URI; nowhere where it cannot be read, or does not have it on lines of its own. @throws Cancelled */
  placeOf(file: string, object: ObjectName, isCancelled: () => boolean): Promise<ObjectPlace | undefined>;
  /** The Service, Pod or Node that a line (0-based) of a file belongs to. @throws Cancelled */
  objectAt(file: string, line: number, isCancelled: () => boolean): Promise<ObjectName | undefined>;
}

interface KnownPlaces {
  readonly file: string;
  readonly changedAt: number;
  readonly places: ObjectPlaces;
}

function* placesIn(text: string): Steps<ObjectPlaces> {
  return yield* placesOfObjects(yield* lineSteps(text));
}

/** Reads a file when it is first asked about, and again once it has changed; the places of one file are kept. */
export function createSnapshotPlaces(files: FileAccess, pause: Pause): SnapshotPlaces {
  let known: KnownPlaces | undefined;
  return {
    async placeOf(file, object, isCancelled) {
      const changedAt = await files.changedAt(file);
      if (known?.file === file && known.changedAt === changedAt) return known.places.of(object);
      const read = await files.read(file).catch(() => undefined);
      if (read === undefined) return undefined;
      const places = await runInSlices(placesIn(read.text), pause, isCancelled);
      known = { file, changedAt: read.modifiedAt, places };
      return places.of(object);
    },
    async objectAt(file, line, isCancelled) {
      const read = await files.read(file).catch(() => undefined);
      if (read === undefined) return undefined;
      return objectOnLine(await runInSlices(lineSteps(read.text), pause, isCancelled), line);
    },
  };
}
