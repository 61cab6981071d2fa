#include "backend_local.h"

#include <stddef.h>

/* Others change them too (a server, another host, a process behind FUSE), or nobody tells at all.
 * Numbers, as not every libc's headers know them. */
static const uint32_t deaf[] = {
	0x6969, /* NFS */
	0x517b, /* SMB */
	0xff534d42, /* CIFS */
	0xfe534d42, /* SMB2 */
	0x65735546, /* FUSE: sshfs, gluster, virtiofs, ... */
	0x01021997, /* 9p */
	0x5346414f, /* AFS */
	0x6b414653, /* AFS, the kernel's own */
	0x73757245, /* Coda */
	0x564c, /* NCP */
	0x00c36400, /* Ceph */
	0x01161970, /* GFS2 */
	0x7461636f, /* OCFS2 */
	0x0bd00bd0, /* Lustre */
	0x47504653, /* GPFS */
	0x19830326, /* BeeGFS */
	0x20030528, /* OrangeFS */
	0xaad7aaea, /* PanFS */
	0x786f4256, /* folders of VirtualBox's host, */
	0xbacbacbc, /* VMware's */
	0x7c7c6673, /* Parallels' */
	0x9fa0, /* proc: made up as it is read */
	0x62656572, /* sysfs */
};

bool backend_hears_all(uint32_t f_type)
{
	for (size_t i = 0; i < sizeof deaf / sizeof *deaf; i++)
		if (deaf[i] == f_type)
			return false;
	return true;
}
