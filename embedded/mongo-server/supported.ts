/**
 * What this server can do: the list to read before using something, and the allow-list for whoever writes queries.
 * Everything else is answered by MongoDB's own error for it, never ignored. A test holds this list against the code.
 */
export const SUPPORTED = {
  commands: words(`
    hello isMaster ismaster saslStart saslContinue ping buildInfo hostInfo connectionStatus endSessions
    listDatabases listCollections create drop dropDatabase collStats dbStats
    find getMore killCursors count aggregate insert update delete findAndModify createIndexes listIndexes dropIndexes`),
  queryOperators: words(`
    $eq $ne $gt $gte $lt $lte $in $nin $exists $type $not $regex $options $elemMatch $and $or $nor`),
  /** `$push` knows `$each` and `$slice`; paths know `$`, `$[]` and `$[name]`. */
  updateOperators: words('$set $setOnInsert $unset $inc $min $max $push $pull'),
  /** Projections keep fields or leave them out, here and in `find`. */
  stages: words('$match $project $group $sort $limit $skip $count $sample $unionWith'),
  /** Over constants, `"$paths"` and objects of them; there are no other expressions. */
  accumulators: words('$sum $avg $min $max'),
  /** Single and compound, of which one field may run into arrays; partial ones over `{ $exists: true }` and equality. */
  indexOptions: words('unique partialFilterExpression expireAfterSeconds'),
} as const;

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
