namespace KvStore.Specs.OwnershipModel;

/// <summary>A key's actor. That it lives and has nothing is the same to the protocol as that it does not live.</summary>
internal enum ActorPhase
{
    None,
    LoadSent,

    /// <summary>The store has read the row; the answer is under way.</summary>
    LoadAnswered,
    Ready,
}

/// <summary>A row in the node's writer, from the moment that the actor hands it over.</summary>
internal enum RowPhase
{
    None,
    Sent,

    /// <summary>The transaction has its shared lock; or, where that rule is dropped, its snapshot and not yet the lock.</summary>
    Started,
    Answered,

    /// <summary>Nobody knows what became of the transaction.</summary>
    Unknown,
    SettleSent,

    /// <summary>The settling transaction has its exclusive lock.</summary>
    SettleStarted,
    SettleAnswered,
}

/// <summary>What a transaction or a settle says of its row.</summary>
internal enum RowOutcome
{
    Applied,

    /// <summary>A conflict, or the settle found the expected version: not written.</summary>
    NotApplied,

    /// <summary>Of a transaction: not the holder with this epoch, so not written.</summary>
    Fenced,

    /// <summary>Of a settle: the shard has gone on, and the version proves nothing.</summary>
    Lost = Fenced,
    Unknown,
}

internal enum RenewalPhase
{
    None,
    Sent,

    /// <summary>The transaction has locked the node's row; or, where that rule is dropped, has its snapshot and not yet the lock.</summary>
    Started,
    Answered,
}

internal enum AcquirePhase
{
    None,
    Sent,

    /// <summary>The transaction has the shard's exclusive lock.</summary>
    Locked,

    /// <summary>And the shared lock of the holder's row.</summary>
    RowLocked,
    Answered,
}

/// <summary>What the acquisition saw when it looked.</summary>
internal enum AcquireKind
{
    /// <summary>No holder, or this node itself.</summary>
    Free,
    FromPeer,
    FromDead,
}

/// <summary>An acquisition whose attempt is over on the node.</summary>
internal enum LeftoverPhase
{
    None,

    /// <summary>It may still be executed; nobody hears its answer.</summary>
    Unheard,

    /// <summary>It may still be executed, and its answer will arrive. Only where the rule is dropped.</summary>
    Heard,
    Answered,
}

internal enum UnregisterPhase
{
    None,
    Sent,
    Done,
}

/// <summary>One node: what the process remembers, and what is under way between it and the store.</summary>
internal struct NodeState
{
    public ulong Memory;
    public ulong Wire;

    // Memory: the lease table, what was seen of the others, the key's actor with its cell, the writer's row.

    /// <summary>The epoch that the lease table has; 0: not held.</summary>
    public int Held { readonly get => Bits.Get(Memory, 0, 3); set => Bits.Set(ref Memory, 0, 3, value); }

    /// <summary>Ticks for which the held shard is proven.</summary>
    public int ShardValid { readonly get => Bits.Get(Memory, 3, 2); set => Bits.Set(ref Memory, 3, 2, value); }

    /// <summary>Ticks for which the node's own lease is proven.</summary>
    public int NodeValid { readonly get => Bits.Get(Memory, 5, 2); set => Bits.Set(ref Memory, 5, 2, value); }

    public bool HasEnded { readonly get => Bits.Get(Memory, 7, 1) != 0; set => Bits.Set(ref Memory, 7, 1, value ? 1 : 0); }

    /// <summary>Ticks for which the peer's counter has stood at its present value; no more than a TTL are counted.</summary>
    public int PeerStill { readonly get => Bits.Get(Memory, 8, 2); set => Bits.Set(ref Memory, 8, 2, value); }

    /// <summary>The same of the process that was killed.</summary>
    public int DeadStill { readonly get => Bits.Get(Memory, 10, 2); set => Bits.Set(ref Memory, 10, 2, value); }

    public ActorPhase Actor { readonly get => (ActorPhase)Bits.Get(Memory, 12, 2); set => Bits.Set(ref Memory, 12, 2, (int)value); }

    /// <summary>The epoch of the cell, or of the load that is under way.</summary>
    public int CellEpoch { readonly get => Bits.Get(Memory, 14, 3); set => Bits.Set(ref Memory, 14, 3, value); }

    public int CellVersion { readonly get => Bits.Get(Memory, 17, 2); set => Bits.Set(ref Memory, 17, 2, value); }

    /// <summary>A write that came while a row was under way and goes out as the next one.</summary>
    public int NextWrite { readonly get => Bits.Get(Memory, 19, 2); set => Bits.Set(ref Memory, 19, 2, value); }

    public RowPhase Row { readonly get => (RowPhase)Bits.Get(Memory, 21, 3); set => Bits.Set(ref Memory, 21, 3, (int)value); }

    public int RowEpoch { readonly get => Bits.Get(Memory, 24, 3); set => Bits.Set(ref Memory, 24, 3, value); }

    /// <summary>The version that the store must have; the row writes the one after it.</summary>
    public int RowExpected { readonly get => Bits.Get(Memory, 27, 2); set => Bits.Set(ref Memory, 27, 2, value); }

    public int RowWrite { readonly get => Bits.Get(Memory, 29, 2); set => Bits.Set(ref Memory, 29, 2, value); }

    public RowOutcome RowOutcome { readonly get => (RowOutcome)Bits.Get(Memory, 31, 2); set => Bits.Set(ref Memory, 31, 2, (int)value); }

    /// <summary>The actor that handed the row over still lives.</summary>
    public bool RowHasActor { readonly get => Bits.Get(Memory, 33, 1) != 0; set => Bits.Set(ref Memory, 33, 1, value ? 1 : 0); }

    /// <summary>Only where the rule is dropped: callers have their answer, the cell has not yet changed.</summary>
    public bool RowIsTold { readonly get => Bits.Get(Memory, 34, 1) != 0; set => Bits.Set(ref Memory, 34, 1, value ? 1 : 0); }

    /// <summary>What is left of the node's validity as it was when the settle was sent.</summary>
    public int SettleValid { readonly get => Bits.Get(Memory, 35, 2); set => Bits.Set(ref Memory, 35, 2, value); }

    // Wire: messages and transactions that are under way, the answers included.

    public RenewalPhase Renewal { readonly get => (RenewalPhase)Bits.Get(Wire, 0, 2); set => Bits.Set(ref Wire, 0, 2, (int)value); }

    /// <summary>Ticks since it was sent; no more than a TTL are counted.</summary>
    public int RenewalAge { readonly get => Bits.Get(Wire, 2, 2); set => Bits.Set(ref Wire, 2, 2, value); }

    public int ListedEpoch { readonly get => Bits.Get(Wire, 4, 3); set => Bits.Set(ref Wire, 4, 3, value); }

    public bool ListedAsMine { readonly get => Bits.Get(Wire, 7, 1) != 0; set => Bits.Set(ref Wire, 7, 1, value ? 1 : 0); }

    public AcquirePhase Acquire { readonly get => (AcquirePhase)Bits.Get(Wire, 8, 3); set => Bits.Set(ref Wire, 8, 3, (int)value); }

    public AcquireKind AcquireKind { readonly get => (AcquireKind)Bits.Get(Wire, 11, 2); set => Bits.Set(ref Wire, 11, 2, (int)value); }

    /// <summary>The peer's counter is still the one that the acquisition names.</summary>
    public bool CounterStands { readonly get => Bits.Get(Wire, 13, 1) != 0; set => Bits.Set(ref Wire, 13, 1, value ? 1 : 0); }

    /// <summary>What is left of the node's validity as it was when the acquisition was sent.</summary>
    public int AcquireValid { readonly get => Bits.Get(Wire, 14, 2); set => Bits.Set(ref Wire, 14, 2, value); }

    public int AcquiredEpoch { readonly get => Bits.Get(Wire, 16, 3); set => Bits.Set(ref Wire, 16, 3, value); }

    public LeftoverPhase Leftover { readonly get => (LeftoverPhase)Bits.Get(Wire, 19, 2); set => Bits.Set(ref Wire, 19, 2, (int)value); }

    public AcquireKind LeftoverKind { readonly get => (AcquireKind)Bits.Get(Wire, 21, 2); set => Bits.Set(ref Wire, 21, 2, (int)value); }

    public bool LeftoverCounterStands { readonly get => Bits.Get(Wire, 23, 1) != 0; set => Bits.Set(ref Wire, 23, 1, value ? 1 : 0); }

    public int LeftoverEpoch { readonly get => Bits.Get(Wire, 24, 3); set => Bits.Set(ref Wire, 24, 3, value); }

    /// <summary>The killed process sent it.</summary>
    public bool LeftoverIsOfDead { readonly get => Bits.Get(Wire, 27, 1) != 0; set => Bits.Set(ref Wire, 27, 1, value ? 1 : 0); }

    /// <summary>The epoch that a release names; 0: none is under way.</summary>
    public int ReleaseEpoch { readonly get => Bits.Get(Wire, 28, 3); set => Bits.Set(ref Wire, 28, 3, value); }

    public bool ReleaseIsOfDead { readonly get => Bits.Get(Wire, 31, 1) != 0; set => Bits.Set(ref Wire, 31, 1, value ? 1 : 0); }

    /// <summary>The epoch of a transaction that nobody waits for any more and that may still land; 0: none.</summary>
    public int OrphanEpoch { readonly get => Bits.Get(Wire, 32, 3); set => Bits.Set(ref Wire, 32, 3, value); }

    public int OrphanExpected { readonly get => Bits.Get(Wire, 35, 2); set => Bits.Set(ref Wire, 35, 2, value); }

    public int OrphanWrite { readonly get => Bits.Get(Wire, 37, 2); set => Bits.Set(ref Wire, 37, 2, value); }

    public bool OrphanIsOfDead { readonly get => Bits.Get(Wire, 39, 1) != 0; set => Bits.Set(ref Wire, 39, 1, value ? 1 : 0); }

    /// <summary>Its callers were told that it was not applied.</summary>
    public bool OrphanIsDisowned { readonly get => Bits.Get(Wire, 40, 1) != 0; set => Bits.Set(ref Wire, 40, 1, value ? 1 : 0); }

    public UnregisterPhase Unregister { readonly get => (UnregisterPhase)Bits.Get(Wire, 41, 2); set => Bits.Set(ref Wire, 41, 2, (int)value); }

    /// <summary>The check of every answer: <c>LeaseTable.Check</c> says <c>Valid</c>.</summary>
    public readonly bool IsValid(int epoch) => Held == epoch && ShardValid > 0;

    public void Hold(int epoch, int ticks) => (Held, ShardValid) = (epoch, ticks);

    public void Drop() => (Held, ShardValid) = (0, 0);

    public void ClearActor() => (Actor, CellEpoch, CellVersion, NextWrite) = (ActorPhase.None, 0, 0, 0);

    public void ClearRow() => (Row, RowEpoch, RowExpected, RowWrite, RowOutcome, RowHasActor, RowIsTold, SettleValid) =
        (RowPhase.None, 0, 0, 0, default, false, false, 0);

    public void ClearRenewal() => (Renewal, RenewalAge, ListedEpoch, ListedAsMine) = (RenewalPhase.None, 0, 0, false);

    public void ClearAcquire() => (Acquire, AcquireKind, CounterStands, AcquireValid, AcquiredEpoch) = (AcquirePhase.None, default, false, 0, 0);

    public void ClearLeftover() => (Leftover, LeftoverKind, LeftoverCounterStands, LeftoverEpoch, LeftoverIsOfDead) =
        (LeftoverPhase.None, default, false, 0, false);

    public void ClearOrphan() => (OrphanEpoch, OrphanExpected, OrphanWrite, OrphanIsOfDead, OrphanIsDisowned) = (0, 0, 0, false, false);

    public readonly int CompareTo(in NodeState other) =>
        Memory != other.Memory ? Memory.CompareTo(other.Memory) : Wire.CompareTo(other.Wire);
}
