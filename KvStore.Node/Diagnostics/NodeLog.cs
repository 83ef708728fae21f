using KvStore.Node.Config;

namespace KvStore.Node.Diagnostics;

/// <summary>
/// What the node writes to its log, event ids 2000–2999. A client's fault is Debug, ours Warning or Error, a change that an
/// operator may want to see Information.
/// </summary>
internal static partial class NodeLog
{
    // Start and end: 20xx.

    [LoggerMessage(2000, LogLevel.Information, "Node {Name} ({NodeId}) on store {StoreId}: {Provider} {Place}, {Shards} shards.")]
    public static partial void Starting(
        this ILogger log, string name, string nodeId, Guid storeId, StorageProvider provider, string place, int shards);

    [LoggerMessage(2001, LogLevel.Information, "A node named {Name} was here before and left no farewell. Waiting up to {Seconds:0.0} s to see whether it lives.")]
    public static partial void WaitingForNamesake(this ILogger log, string name, double seconds);

    [LoggerMessage(2002, LogLevel.Information, "Left the store: every shard is released.")]
    public static partial void LeftStore(this ILogger log);

    [LoggerMessage(2003, LogLevel.Critical, "The cluster of {Member} has another store than this node: check KvStore:Storage:ConnectionString and KvStore:Cluster:SeedNodes. Leaving.")]
    public static partial void AnotherStore(this ILogger log, string member);

    [LoggerMessage(2004, LogLevel.Warning, "{Member} is lost and has not renewed its lease: it serves nothing, and is taken out of the cluster.")]
    public static partial void DowningDead(this ILogger log, string member);

    [LoggerMessage(2005, LogLevel.Warning, "{Member} is taken out of the cluster: members have lost one another, and {Going} of {Members} go so that the rest see each other.")]
    public static partial void DowningCutOff(this ILogger log, string member, int going, int members);

    [LoggerMessage(2006, LogLevel.Critical, "This node is cut off: members have lost one another, and it is one of {Going} of {Members} that go. It ends; started again it joins anew.")]
    public static partial void CutOff(this ILogger log, int going, int members);

    [LoggerMessage(2007, LogLevel.Critical, "{Member} refuses to talk to this node: the others took it out of the cluster while it was cut off. It ends; started again it joins anew.")]
    public static partial void DownedByOthers(this ILogger log, string member);

    [LoggerMessage(2018, LogLevel.Critical, "{Member} refuses to talk to this node: it was taken for lost while it waited to be let in. It ends; started again it joins anew.")]
    public static partial void TakenOutBeforeWelcome(this ILogger log, string member);

    [LoggerMessage(2008, LogLevel.Critical, "There are two clusters on this store: {Ours} nodes serve in this one, {Theirs} in another. This node gives way and ends; started again it joins the other.")]
    public static partial void GivingWay(this ILogger log, int ours, int theirs);

    [LoggerMessage(2009, LogLevel.Warning, "Other nodes serve from this store, so this one, which might else, forms no cluster of its own: it joins theirs, or ends after {Seconds:0} s.")]
    public static partial void MayNotForm(this ILogger log, double seconds);

    [LoggerMessage(2010, LogLevel.Warning, "Not ready {Seconds:0} s after the start. Listening all the same: /healthz/ready tells what is missing.")]
    public static partial void NotReadyYet(this ILogger log, double seconds);

    [LoggerMessage(2011, LogLevel.Information, "In no cluster yet. Asking to be let in: {Nodes}.")]
    public static partial void Asking(this ILogger log, string nodes);

    [LoggerMessage(2012, LogLevel.Critical, "Welcomed, but not let in for {Seconds:0} s: the member that welcomed this node was on its way out. It ends; started again it joins anew.")]
    public static partial void NotLetIn(this ILogger log, double seconds);

    [LoggerMessage(2013, LogLevel.Critical, "Another node named {Name} lives ({Address}), which was taken for dead when this one started. This one gives way and ends; give it another name.")]
    public static partial void GivingWayToNamesake(this ILogger log, string name, string address);

    [LoggerMessage(2014, LogLevel.Warning, "The nodes that served at the start of this one do not any more, and it is in no cluster. It ends; started again it may form one.")]
    public static partial void MayFormAfterAll(this ILogger log);

    [LoggerMessage(2017, LogLevel.Warning, "The store did not answer what was to prepare it for the first requests.")]
    public static partial void WarmUpFailed(this ILogger log, Exception cause);

    [LoggerMessage(2016, LogLevel.Information, "Leaving: shards moved away in {Milliseconds:0} ms, {Left} are left to hand off at once.")]
    public static partial void ShardsMovedAway(this ILogger log, int? left, double milliseconds);

    [LoggerMessage(2015, LogLevel.Information, "This node was the coordinator's: had {Shards} shards placed by each of {Regions} regions that stay, {Answered} answers in {Milliseconds:0} ms.")]
    public static partial void ShardsPlaced(this ILogger log, int shards, int regions, int answered, double milliseconds);

    // Ownership: 21xx.

    [LoggerMessage(2100, LogLevel.Debug, "Shard {Shard}: acquired with epoch {Epoch}.")]
    public static partial void Acquired(this ILogger log, int shard, long epoch);

    [LoggerMessage(2101, LogLevel.Debug, "Shard {Shard}: taking over from {Holder} (epoch {Epoch}), which stopped renewing.")]
    public static partial void TakingOver(this ILogger log, int shard, string holder, long epoch);

    [LoggerMessage(EventId = 2102, Message = "Shard {Shard}: the store did not answer an acquisition.")]
    public static partial void AcquireFailed(this ILogger log, LogLevel level, int shard, Exception cause);

    [LoggerMessage(2103, LogLevel.Debug, "Releasing {Count} shards.")]
    public static partial void Releasing(this ILogger log, int count);

    [LoggerMessage(2104, LogLevel.Warning, "The store did not answer a release; the next renewal tries again.")]
    public static partial void ReleaseFailed(this ILogger log, Exception cause);

    [LoggerMessage(2105, LogLevel.Warning, "The store did not answer a renewal. Leases still valid: {IsValid}.")]
    public static partial void RenewalFailed(this ILogger log, bool isValid, Exception cause);

    [LoggerMessage(2106, LogLevel.Warning, "This node's row is gone from the store: all leases are void, registered anew.")]
    public static partial void RowGone(this ILogger log);

    [LoggerMessage(2107, LogLevel.Warning, "The database changed its history (timeline {Before} to {After}): all leases and cells are void.")]
    public static partial void IncarnationChanged(this ILogger log, string before, string after);

    [LoggerMessage(2108, LogLevel.Information, "No member of the cluster any more: all leases are dropped, no renewal follows.")]
    public static partial void MembershipEnded(this ILogger log);

    [LoggerMessage(2109, LogLevel.Information, "Forgetting node {Name} ({NodeId}), which is gone and holds nothing.")]
    public static partial void ForgettingNode(this ILogger log, string name, string nodeId);

    [LoggerMessage(2110, LogLevel.Warning, "The store did not answer when this node was to be announced as a member; it is tried again after the next renewal.")]
    public static partial void AnnouncementFailed(this ILogger log, Exception cause);

    // Store: 22xx.

    [LoggerMessage(2200, LogLevel.Warning, "{Rows} rows were not written, the first of key {Key}.")]
    public static partial void RowsRejected(this ILogger log, int rows, string key, Exception cause);

    [LoggerMessage(2201, LogLevel.Warning, "The outcome of a commit of {Rows} rows is unknown: settling.")]
    public static partial void OutcomeUnknown(this ILogger log, int rows, Exception cause);

    [LoggerMessage(2202, LogLevel.Information, "Shard {Shard}: settled {Rows} rows, epoch {Before} to {After}.")]
    public static partial void Settled(this ILogger log, int shard, long before, long after, int rows);

    [LoggerMessage(2203, LogLevel.Warning, "Shard {Shard}: epoch {Epoch} is over, so the outcome of {Rows} rows stays unknown.")]
    public static partial void SettledElsewhere(this ILogger log, int shard, long epoch, int rows);

    [LoggerMessage(2204, LogLevel.Warning, "Shard {Shard}: settling epoch {Epoch} did not work yet; trying again.")]
    public static partial void SettleFailed(this ILogger log, int shard, long epoch, Exception cause);

    [LoggerMessage(2205, LogLevel.Error, "The store threw where it should have answered: settling.")]
    public static partial void WriterFault(this ILogger log, Exception cause);

    [LoggerMessage(2206, LogLevel.Information, "Collected {Count} tombstones of shard {Shard}.")]
    public static partial void TombstonesCollected(this ILogger log, int count, int shard);

    [LoggerMessage(2207, LogLevel.Warning, "Collecting tombstones failed; trying again later.")]
    public static partial void TombstonesNotCollected(this ILogger log, Exception cause);

    // Keys: 23xx.

    [LoggerMessage(2300, LogLevel.Error, "The actor of key {Key} was asked for key {Other}.")]
    public static partial void WrongKey(this ILogger log, string key, string other);

    [LoggerMessage(2301, LogLevel.Debug, "Key {Key}: request {RequestId} came after its deadline.")]
    public static partial void Expired(this ILogger log, string key, string requestId);

    [LoggerMessage(EventId = 2302, Message = "Key {Key}: the store did not answer a load.")]
    public static partial void LoadFailed(this ILogger log, LogLevel level, string key, Exception cause);

    [LoggerMessage(2303, LogLevel.Debug, "{Live} keys live, asked {Evicted} to make room, {Idle} of them idle.")]
    public static partial void Evicting(this ILogger log, int live, int evicted, int idle);
}
