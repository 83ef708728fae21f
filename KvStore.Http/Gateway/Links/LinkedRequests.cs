using KvStore.Messages.Protocol;
using Microsoft.Extensions.Logging;

namespace KvStore.Http.Gateway.Links;

/// <summary>The serving end of a link: does what another node asks of the keys of this one.</summary>
internal sealed class LinkedRequests(KeyGateway gateway, ILogger log)
{
    public void Serve(NodeLink asker, KeyBatchEntry entry)
    {
        if (entry.Message is not IKeyMessage request)
        {
            log.BatchEntryUnread(asker.Peer, "an answer to nothing that was asked");
            return;
        }

        try
        {
            var serving = gateway.ServeHereAsync(request);
            if (!serving.IsCompletedSuccessfully)
            {
                _ = AnswerLaterAsync(asker, entry.Id, serving);
            }
            else if (serving.Result is var answer && IsOne(answer))
            {
                asker.Answer(entry.Id, answer.Reply);
            }
        }
        catch (Exception fault)
        {
            // It costs this request its answer, and not all others their link.
            log.ForwardedRequestFaulted(fault, request.Context.RequestId, request.Key.Text);
        }
    }

    /// <summary>Where the link is closed by now, who asked has been told that it broke.</summary>
    private static async Task AnswerLaterAsync(NodeLink asker, long id, ValueTask<AttemptAnswer> serving)
    {
        var answer = await serving.ConfigureAwait(false);
        if (IsOne(answer))
        {
            asker.TrySend(id, answer.Reply);
        }
    }

    private static bool IsOne(AttemptAnswer answer) => answer.IsNotThere || answer.Reply is not null;
}
