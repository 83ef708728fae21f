namespace KvStore.Messages.Protocol;

/// <summary>Asks a node for the port where it takes in links, over which it serves requests of others for its keys.</summary>
public sealed record SeekLink : IKvStoreMessage
{
    public static readonly SeekLink Instance = new();

    private SeekLink()
    {
    }
}

/// <param name="Port">From 1 to 65,535; the host is the one that remoting dials.</param>
/// <param name="Token">
/// Whoever connects says it first. It is of one process: a link must not lead to another one that has the address of the one before.
/// </param>
public sealed record LinkOffer(int Port, Guid Token) : IKvStoreMessage;
