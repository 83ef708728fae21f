using KvStore.Http.Responses;
using KvStore.Messages.Protocol;

namespace KvStore.Http.Endpoints;

/// <summary>How a request about keys ended.</summary>
/// <param name="Reply">The reply of a key's owner; its answer is written.</param>
/// <param name="Problem">A fault that no owner was asked about; it is to be written yet.</param>
internal readonly record struct Served(KeyReply? Reply, Problem? Problem)
{
    /// <summary>It is answered, and no owner had to be asked.</summary>
    public static readonly Served Here;

    public static implicit operator Served(Problem? problem) => new(null, problem);
}
