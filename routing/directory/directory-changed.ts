import type { Connection } from 'mongoose';
import { directoryModels, SCHEMA_VERSION } from './models.ts';

/** To be called after any edit of the directory, so that every running distributor loads it anew. */
export async function directoryChanged(connection: Connection, centre = 'main'): Promise<void> {
  const { meta } = directoryModels(connection);
  await meta.updateOne(
    { _id: centre },
    { $inc: { version: 1 }, $setOnInsert: { centre, epoch: 0, schemaVersion: SCHEMA_VERSION } },
    { upsert: true },
  );
}
