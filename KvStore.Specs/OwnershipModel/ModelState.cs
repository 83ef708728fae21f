using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace KvStore.Specs.OwnershipModel;

/// <summary>
/// Everything that can differ between two moments of a run: the store, what clients know, and two nodes, in five words.
/// A slot that is empty is all zero, so that equal situations are equal states.
/// </summary>
internal struct ModelState : IEquatable<ModelState>
{
    public SharedState Shared;
    public NodeState A;
    public NodeState B;

    /// <summary>The node by its number, 0 or 1.</summary>
    [UnscopedRef]
    public ref NodeState this[int node] => ref node == 0 ? ref A : ref B;

    /// <summary>The same situation with the nodes' names exchanged. The protocol does not know names, so one of the two will do.</summary>
    public readonly ModelState Mirrored() => new() { Shared = Shared.Mirrored(), A = B, B = A };

    public readonly ModelState Canonical()
    {
        var order = A.CompareTo(B);
        if (order < 0)
        {
            return this;
        }

        var mirrored = Mirrored();
        return order == 0 && Shared.Word <= mirrored.Shared.Word ? this : mirrored;
    }

    public readonly bool Equals(ModelState other) =>
        Shared.Word == other.Shared.Word && A.CompareTo(other.A) == 0 && B.CompareTo(other.B) == 0;

    public override readonly bool Equals(object? obj) => obj is ModelState other && Equals(other);

    public override readonly int GetHashCode()
    {
        const ulong Odd = 0x9E3779B97F4A7C15;
        var hash = Shared.Word * Odd;
        hash = (hash ^ (hash >> 29) ^ A.Memory) * 0xBF58476D1CE4E5B9;
        hash = (hash ^ (hash >> 32) ^ A.Wire) * 0x94D049BB133111EB;
        hash = (hash ^ (hash >> 29) ^ B.Memory) * Odd;
        hash = (hash ^ (hash >> 32) ^ B.Wire) * 0xBF58476D1CE4E5B9;
        return (int)(hash >> 32);
    }
}

/// <summary>Who holds the shard, as the store has it: a process, not a machine.</summary>
internal static class Holder
{
    public const int None = 0;

    /// <summary>A process that was killed and whose successor has another node id.</summary>
    public const int Dead = 3;

    public static int Of(int node) => node + 1;
}

/// <summary>What a reader outside of all nodes has in hand.</summary>
internal enum ReadPhase
{
    None,

    /// <summary>It took a value that is older than something completed before; the check is still to come.</summary>
    Taken,

    /// <summary>Only where the rule is dropped: it checked, and takes the value later.</summary>
    Checked,
}

/// <summary>Which of a key's rows a refused guard waits for.</summary>
internal enum GuardPhase
{
    None,
    RowUnderWay,
    NextRow,
}

/// <summary>The store's rows, and what clients have been told.</summary>
internal struct SharedState
{
    public ulong Word;

    public int Epoch { readonly get => Bits.Get(Word, 0, 3); set => Bits.Set(ref Word, 0, 3, value); }

    public int Holder { readonly get => Bits.Get(Word, 3, 2); set => Bits.Set(ref Word, 3, 2, value); }

    /// <summary>The key's version; 0 where it has no row.</summary>
    public int Version { readonly get => Bits.Get(Word, 5, 2); set => Bits.Set(ref Word, 5, 2, value); }

    /// <summary>The highest version that any answer has told of. Nothing older may be shown to whoever asks from now on.</summary>
    public int Floor { readonly get => Bits.Get(Word, 7, 2); set => Bits.Set(ref Word, 7, 2, value); }

    /// <summary>How many writes were asked for; each has its number as its value.</summary>
    public int Writes { readonly get => Bits.Get(Word, 9, 2); set => Bits.Set(ref Word, 9, 2, value); }

    public ReadPhase Read { readonly get => (ReadPhase)Bits.Get(Word, 11, 2); set => Bits.Set(ref Word, 11, 2, (int)value); }

    public int ReadNode { readonly get => Bits.Get(Word, 13, 1); set => Bits.Set(ref Word, 13, 1, value); }

    public int ReadEpoch { readonly get => Bits.Get(Word, 14, 3); set => Bits.Set(ref Word, 14, 3, value); }

    public int ReadFloor { readonly get => Bits.Get(Word, 17, 2); set => Bits.Set(ref Word, 17, 2, value); }

    public GuardPhase Guard { readonly get => (GuardPhase)Bits.Get(Word, 19, 2); set => Bits.Set(ref Word, 19, 2, (int)value); }

    public int GuardNode { readonly get => Bits.Get(Word, 21, 1); set => Bits.Set(ref Word, 21, 1, value); }

    public bool HasRestarted { readonly get => Bits.Get(Word, 22, 1) != 0; set => Bits.Set(ref Word, 22, 1, value ? 1 : 0); }

    /// <summary>The write that made this version, or 0.</summary>
    public readonly int WriteOf(int version) => Bits.Get(Word, 24 + (2 * version), 2);

    public void SetWriteOf(int version, int write) => Bits.Set(ref Word, 24 + (2 * version), 2, write);

    public readonly bool Has(int write) => WriteOf(1) == write || WriteOf(2) == write || WriteOf(3) == write;

    public void ClearRead() => (Read, ReadNode, ReadEpoch, ReadFloor) = (ReadPhase.None, 0, 0, 0);

    public void ClearGuard() => (Guard, GuardNode) = (GuardPhase.None, 0);

    public readonly SharedState Mirrored()
    {
        var other = this;
        other.Holder = Holder is OwnershipModel.Holder.None or OwnershipModel.Holder.Dead ? Holder : 3 - Holder;
        other.ReadNode = Read == ReadPhase.None ? 0 : 1 - ReadNode;
        other.GuardNode = Guard == GuardPhase.None ? 0 : 1 - GuardNode;
        return other;
    }
}

/// <summary>Fields of a few bits in a word.</summary>
internal static class Bits
{
    public static int Get(ulong word, int at, int width) => (int)(word >> at) & ((1 << width) - 1);

    public static void Set(ref ulong word, int at, int width, int value)
    {
        Debug.Assert(value >= 0 && value < 1 << width, "The value does not fit into its field.");
        word = (word & ~(((1ul << width) - 1) << at)) | ((ulong)(uint)value << at);
    }
}
