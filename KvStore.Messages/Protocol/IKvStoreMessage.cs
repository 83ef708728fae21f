using KvStore.Messages.Keys;

namespace KvStore.Messages.Protocol;

/// <summary>Everything that may cross the wire between nodes. Binds a type to the serializer; nothing else is let through.</summary>
public interface IKvStoreMessage;

/// <summary>A message for the actor of one key; routing goes by <see cref="Key"/>.</summary>
public interface IKeyMessage : IKvStoreMessage
{
    Key Key { get; }

    RequestContext Context { get; }
}

/// <summary>What every request carries along its way.</summary>
/// <param name="RequestId">Names the HTTP request in the logs of every node that it passes.</param>
/// <param name="Deadline">An actor that meets the request after this drops it: its caller has been answered already.</param>
/// <param name="TraceParent">W3C trace context, or null where the request is not traced.</param>
public sealed record RequestContext(string RequestId, Deadline Deadline, string? TraceParent = null, string? TraceState = null);
