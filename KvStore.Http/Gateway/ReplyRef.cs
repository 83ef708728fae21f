using Akka.Actor;
using KvStore.Messages.Protocol;

namespace KvStore.Http.Gateway;

/// <summary>
/// The sender of one request to an actor of this process. Unlike the one of <c>Ask</c> it is not registered, as no message from
/// another process will ever ask for it by its path; the first reply counts.
/// </summary>
internal sealed class ReplyRef(IActorRefProvider provider, ReplyWait wait) : MinimalActorRef
{
    private static readonly ActorPath AnyPath = new RootActorPath(Address.AllSystems) / "reply";

    public override ActorPath Path => AnyPath;

    public override IActorRefProvider Provider => provider;

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (message is KeyReply reply)
        {
            wait.End(new AttemptAnswer(reply));
        }
    }
}
