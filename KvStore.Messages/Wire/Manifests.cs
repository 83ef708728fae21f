namespace KvStore.Messages.Wire;

/// <summary>
/// The names of messages on the wire: a letter for the family, a number within it. Every message carries one, so they are
/// short; a node of another version looks them up, so one that was ever released is never changed and never used again.
/// </summary>
internal static class Manifests
{
    // Commands.
    public const string PutValue = "c1";
    public const string PatchValue = "c2";
    public const string DeleteKey = "c3";

    // Queries.
    public const string GetValue = "q1";

    // Replies of a key.
    public const string Stored = "r1";
    public const string Deleted = "r2";
    public const string Found = "r3";
    public const string NotModified = "r4";
    public const string Absent = "r5";
    public const string VersionConflict = "r6";
    public const string PreconditionFailed = "r7";
    public const string Unprocessable = "r8";
    public const string Busy = "r9";
    public const string Refused = "r10";
    public const string OutcomeUnknown = "r11";

    // Requests and replies of keys, many at once.
    public const string KeyBatch = "b1";

    // Listing.
    public const string ListPages = "l1";
    public const string PagesListed = "l2";
    public const string ListingFailed = "l3";

    // Nodes.
    public const string GetNodeStatus = "n1";
    public const string NodeStatus = "n2";
    public const string MoveMyShards = "n3";
    public const string ShardsLeft = "n4";
    public const string SeekLink = "n5";
    public const string LinkOffer = "n6";
}
