using KvStore.Messages.Keys;

namespace KvStore.Messages.Protocol;

/// <summary>A request that changes its key where its precondition holds.</summary>
public interface IKeyCommand : IKeyMessage
{
    Precondition Precondition { get; }
}

/// <summary>Replaces the value, or creates the key.</summary>
public sealed record PutValue(Key Key, JsonText Value, Precondition Precondition, RequestContext Context) : IKeyCommand;

/// <summary>Changes the value by a delta, or creates the key where the kind of patch allows it.</summary>
public sealed record PatchValue(Key Key, PatchKind Kind, JsonText Delta, Precondition Precondition, RequestContext Context) : IKeyCommand;

/// <summary>Replaces the value by a tombstone at the next version.</summary>
public sealed record DeleteKey(Key Key, Precondition Precondition, RequestContext Context) : IKeyCommand;

/// <summary>How the delta of a PATCH is read. The numbers are on the wire.</summary>
public enum PatchKind
{
    /// <summary>
    /// An object onto an object replaces top-level members, a null member is stored as null; any other combination replaces
    /// the whole value; an absent key is created.
    /// </summary>
    ShallowMerge = 0,
}
