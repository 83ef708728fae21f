namespace KvStore.Specs.Robustness.SeededBugs;

/// <content>What the edge does when answers do not come.</content>
internal static partial class SeededBugList
{
    /// <summary>
    /// <c>RequestTimeout</c> 2 s, and A's commit held for 1.5 s (or SIGSTOP of A for as long, with clients on other nodes): the
    /// command is with its actor twice then. The client sees one PUT that was acknowledged as version 2 while nobody wrote version
    /// 1; with <c>ifVersion=0</c> a 409 about its own write.
    /// </summary>
    public static SeededBug WriteSentTwice => new(
        nameof(WriteSentTwice),
        "The edge sends a write again only after a definite refusal, never after a time-out.",
        TimeSpan.FromSeconds(10),
        SeededIn.Both,
        [
            Edit(AttemptPolicy, "if (IsWrite)", "if (IsWrite && silences < 0)"),
            Edit(AttemptPolicy, "!IsWrite && left >= ShortestAttempt", "left >= ShortestAttempt"),
        ]);

    /// <summary>
    /// <c>RequestTimeout</c> 2 s and a commit held for longer, or SIGSTOP of the owner for as long with clients on other nodes:
    /// the 503 says <c>not-applied</c>, and the value is there afterwards.
    /// </summary>
    public static SeededBug UnknownToldAsNotApplied => new(
        nameof(UnknownToldAsNotApplied),
        "A write that got no answer, or whose commit could not be settled, is told as unknown.",
        TimeSpan.FromSeconds(10),
        SeededIn.Both,
        [
            Edit(
                KeyGateway,
                """
                        return message is IKeyCommand
                            ? new OutcomeUnknown(holder, _self)
                """,
                """
                        return message is IKeyCommand
                            ? new Refused(RefusalReason.Expired, holder, _self)
                """),
            Edit(
                KeyActorWriting,
                "redo = Answer(waiters, _ => new OutcomeUnknown(null, node.NodeName), isProven: false);",
                "redo = Answer(waiters, _ => Refusal(RefusalReason.StoreUnavailable), isProven: false);"),
        ]);

    /// <summary>
    /// SIGSTOP of any node that holds shards, for longer than 2 s, while listings are asked from another: they end in good order
    /// and lack the keys of the node that stands still. (That a listing goes by an old directory can be seen in no line: whoever is
    /// asked reads the same store.)
    /// </summary>
    public static SeededBug ListingSkipsSilentNode => new(
        nameof(ListingSkipsSilentNode),
        "A listing has every key, also those whose holder does not answer.",
        TimeSpan.FromSeconds(15),
        SeededIn.Both,
        [
            Edit(
                KeyListing,
                """
                        _own.Shards.AddRange(feed.Shards);
                """,
                """
                        foreach (var shard in feed.Shards)
                        {
                            _ = _merge.Append(shard, [], isLast: true);
                        }

                """),
        ]);
}
