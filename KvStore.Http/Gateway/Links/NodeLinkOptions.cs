using System.Net;

namespace KvStore.Http.Gateway.Links;

/// <param name="Listen">Where other nodes connect; port 0: any free one.</param>
/// <param name="MaxFrameBytes">More than a value of the longest and all that goes with it.</param>
public sealed record NodeLinkOptions(IPEndPoint Listen, int MaxFrameBytes);
