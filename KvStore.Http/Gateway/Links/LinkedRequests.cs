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
            log.BatchEntryUnread(asker.Peer, "an answer where requests come");
            return;
        }

        try
        {
            var serving = gateway.ServeHereAsync(request);
            if (!serving.IsCompletedSuccessfully)
            {
                _ = AnswerLaterAsync(asker, entry.Id, serving);
            }
            else
            {
                Answer(asker, entry.Id, serving.Result, isMoreToCome: true);
            }
        }
        catch (Exception fault)
        {
            // It costs this request its answer, and not all others their link.
            log.ForwardedRequestFaulted(fault, request.Context.RequestId, request.Key.Text);
        }
    }

    private static async Task AnswerLaterAsync(NodeLink asker, long id, ValueTask<AttemptAnswer> serving) =>
        Answer(asker, id, await serving.ConfigureAwait(false), isMoreToCome: false);

    private static void Answer(NodeLink asker, long id, AttemptAnswer answer, bool isMoreToCome)
    {
        if (answer.IsNotThere || answer.Reply is not null)
        {
            asker.Answer(id, answer.Reply, isMoreToCome);
        }
    }
}
