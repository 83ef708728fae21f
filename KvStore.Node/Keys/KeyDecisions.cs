using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;

namespace KvStore.Node.Keys;

/// <summary>What a request leads to.</summary>
/// <param name="State">The state to write, or null where the answer changes nothing, so that it is a read.</param>
/// <param name="Reply">The answer, once <paramref name="State"/> is committed, or what it was computed from is.</param>
public readonly record struct Decision(KeyState? State, KeyReply Reply);

/// <summary>All rules of a key in one place: pure, given the state and the request. No clock, no I/O, no queue.</summary>
/// <param name="node">This node's name, for the replies.</param>
/// <param name="maxValueBytes">The largest value that may be stored; the edge refused larger ones, but a merge can outgrow it.</param>
public sealed class KeyDecisions(string node, int maxValueBytes)
{
    public Decision Decide(KeyState state, IKeyMessage message) => message switch
    {
        GetValue get => new(null, Read(state, get.Precondition, stale: false)),
        PutValue put => Guarded(state, put) ?? Store(state, put.Value, withValue: false),
        PatchValue patch => Guarded(state, patch) ?? Patch(state, patch),
        DeleteKey delete => Delete(state, delete),
        _ => throw new ArgumentOutOfRangeException(nameof(message), message.GetType().Name, "No decision for this message."),
    };

    /// <param name="stale">Whether the state could not be proven to be current.</param>
    public KeyReply Read(KeyState state, Precondition precondition, bool stale)
    {
        if (state.Value is not { } value)
        {
            // RFC 9110, 13.2.1: conditions do not count where the plain answer is no success.
            return new Absent(stale, node);
        }

        return precondition.Judge(state.Current) switch
        {
            GuardVerdict.Holds => new Found(state.Current, value, stale, node),
            GuardVerdict.IfNoneMatchFailed => new NotModified(state.Current, stale, node),
            GuardVerdict.IfMatchFailed => new PreconditionFailed(state.Current, precondition.IfMatch?.Single, node),
            GuardVerdict.VersionConflict => new VersionConflict(state.Current, precondition.IfVersion!.Value, node),
            _ => throw new ArgumentOutOfRangeException(nameof(precondition)),
        };
    }

    private Decision? Guarded(KeyState state, IKeyCommand command) => command.Precondition.Judge(state.Current) switch
    {
        GuardVerdict.Holds => null,
        GuardVerdict.VersionConflict => new(null, new VersionConflict(state.Current, command.Precondition.IfVersion!.Value, node)),
        GuardVerdict.IfMatchFailed => new(null, new PreconditionFailed(state.Current, command.Precondition.IfMatch?.Single, node)),
        GuardVerdict.IfNoneMatchFailed => new(null, new PreconditionFailed(state.Current, command.Precondition.IfNoneMatch?.Single, node)),
        _ => throw new ArgumentOutOfRangeException(nameof(command)),
    };

    private Decision Store(KeyState state, JsonText value, bool withValue)
    {
        var next = state.With(value);
        return new(next, new Stored(next.StoredVersion, withValue ? value : null, node));
    }

    private Decision Patch(KeyState state, PatchValue patch)
    {
        var merged = patch.Kind switch
        {
            PatchKind.ShallowMerge => ShallowMerge.Apply(state.Value, patch.Delta),
            _ => throw new ArgumentOutOfRangeException(nameof(patch), patch.Kind, "No such patch."),
        };

        return merged.Length <= maxValueBytes
            ? Store(state, merged, withValue: true)
            : new(null, new Unprocessable(
                $"The merged value has {merged.Length} bytes, and a value has at most {maxValueBytes}.", state.Current, node));
    }

    private Decision Delete(KeyState state, DeleteKey delete)
    {
        if (state.IsAbsent)
        {
            // HTTP's conditions do not count where the plain answer is 404; ifVersion always does.
            return delete.Precondition.IfVersion is { } expected && expected != KeyVersion.None
                ? new(null, new VersionConflict(KeyVersion.None, expected, node))
                : new(null, new Absent(Stale: false, node));
        }

        if (Guarded(state, delete) is { } refused)
        {
            return refused;
        }

        var tombstone = state.With(null);
        return new(tombstone, new Deleted(tombstone.StoredVersion, node));
    }
}
